#include "storage/store/user_group.hpp"

#include <mutex>
#include <utility>
#include <vector>

namespace pawl::storage {

namespace {

// The mails of a change, of this user where they are of none yet; std::nullopt where one is not as it must be.
std::optional<std::vector<mail_ptr>> mails_of(std::span<const mail> mails, user_id of) {
    std::vector<mail_ptr> out;
    for (const mail& m : mails) {
        auto one = std::make_shared<mail>(m);
        one->user = m.user == user_id{} ? of : m.user;
        if (!one->is_waiting() || !is_sound(*one)) {
            return std::nullopt;
        }
        out.push_back(std::move(one));
    }
    return out.size() <= mails_of_a_change_max ? std::optional(std::move(out)) : std::nullopt;
}

} // namespace

std::optional<prepared_group> prepare_group(store_state& s, const user_ptr& record, std::span<const mail> mails) {
    std::optional<std::vector<mail_ptr>> sent = mails_of(mails, record->id);
    if (!sent) {
        return std::nullopt;
    }
    prepared_group out;
    if (!sent->empty()) {
        const std::lock_guard lock(s.mails.mutex);
        out.mails = s.mails.prepare(*sent);
    }
    out.bytes = encode_group(*record, *sent);
    if (out.bytes.body.empty() || out.mails.size() != sent->size()) {
        return std::nullopt;
    }
    out.version = std::make_unique<user_version>(record, *std::move(sent));
    return out;
}

ticket enqueue_change(store_state& s, const user& u, prepared_group group, log_room room) {
    if (group.mails.empty()) {
        return s.enqueue_user(u, group.bytes, room);
    }
    const std::lock_guard lock(s.mails.mutex);
    return ticket{s.mails.add(std::move(group.mails),
                              [&] { return static_cast<std::uint64_t>(s.enqueue_user(u, group.bytes, room)); })};
}

} // namespace pawl::storage
