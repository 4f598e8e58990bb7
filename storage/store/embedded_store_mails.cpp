// Mails: those that go alone. What goes with a user's record: embedded_store_users.cpp.
#include "storage/entity/mail.hpp"
#include "storage/store/embedded_store.hpp"
#include "storage/store/store_state.hpp"

#include <memory>
#include <mutex>
#include <utility>

namespace pawl::storage {

mail_ptr embedded_store::find_mail(const mail_id& id) const {
    const std::lock_guard lock(state_->mails.mutex);
    return state_->mails.find(id);
}

std::vector<mail_ptr> embedded_store::mails_after(const std::optional<mail_id>& after, std::size_t limit) const {
    const std::lock_guard lock(state_->mails.mutex);
    return state_->mails.after(after, limit);
}

mail_counts embedded_store::count_mails() const {
    const std::lock_guard lock(state_->mails.mutex);
    return state_->mails.counts();
}

void embedded_store::set_mail_listener(mail_listener* who) {
    const std::lock_guard lock(state_->mails.mutex);
    state_->mails.set_listener(who);
}

result<ticket> embedded_store::want_mail(const mail& m) {
    store_state& s = *state_;
    if (!m.is_waiting() || !is_sound(m)) {
        return errc::validation_failed;
    }
    const auto record = std::make_shared<const mail>(m);
    const std::vector<std::uint8_t> body = encode_body(m);
    const std::lock_guard lock(s.mails.mutex);
    mail_table::prepared fresh = s.mails.prepare(std::span(&record, 1));
    if (fresh.empty()) {
        return errc::validation_failed;
    }
    const std::optional<log_room> room = s.reserve(log_room::ordinary);
    if (!room) {
        return no_room();
    }
    return ticket{s.mails.add(std::move(fresh), [&] {
        return static_cast<std::uint64_t>(s.enqueue_entity(record_type::mail, version_of(m), body, *room));
    })};
}

// What became of a mail is said with the next batch: a crash before it makes the mail be sent once more.
result<ticket> embedded_store::settle_mail(const mail& next) {
    store_state& s = *state_;
    if (!is_sound(next)) {
        return errc::validation_failed;
    }
    const auto record = std::make_shared<const mail>(next);
    const std::vector<std::uint8_t> body = encode_body(next);
    const std::lock_guard lock(s.mails.mutex);
    const mail_ptr known = s.mails.find(next.id);
    if (!known) {
        return errc::mail_not_found;
    }
    if (!is_newer(next, *known)) {
        return ticket::none;
    }
    const std::optional<log_room> room = s.reserve(log_room::ordinary, true);
    if (!room) {
        return no_room();
    }
    s.mails.replace(record);
    return s.enqueue_entity(record_type::mail, version_of(next), body, *room);
}

} // namespace pawl::storage
