#include "storage/store/mail_table.hpp"

#include <boost/assert.hpp>

#include <memory>
#include <utility>

namespace pawl::storage {

mail_ptr mail_table::find(const mail_id& id) const {
    const auto at = all_.find(id);
    return at == all_.end() ? nullptr : at->second.m;
}

std::vector<mail_ptr> mail_table::after(const std::optional<mail_id>& id, std::size_t limit) const {
    std::vector<mail_ptr> out;
    for (auto at = id ? all_.upper_bound(*id) : all_.begin(); at != all_.end() && out.size() < limit; ++at) {
        out.push_back(at->second.m);
    }
    return out;
}

mail_table::prepared mail_table::prepare(std::span<const mail_ptr> mails) const {
    prepared fresh;
    for (const mail_ptr& m : mails) {
        if (all_.contains(m->id) || !fresh.try_emplace(m->id, entry{m}).second) {
            return {};
        }
    }
    return fresh;
}

void mail_table::publish(prepared fresh) noexcept {
    for (const auto& [id, e] : fresh) {
        ++count_of(*e.m);
    }
    all_.merge(fresh);
    BOOST_ASSERT(fresh.empty());
}

void mail_table::rest_on(std::span<const mail_ptr> mails, std::uint64_t sequence) noexcept {
    for (const mail_ptr& m : mails) {
        all_.find(m->id)->second.sequence = sequence;
        if (listener_ != nullptr) {
            listener_->mail_wanted(m, ticket{sequence});
        }
    }
}

void mail_table::replace(const mail_ptr& next) noexcept {
    entry& e = all_.find(next->id)->second;
    --count_of(*e.m);
    ++count_of(*next);
    e.m = next;
}

// What waits already is told of, too.
void mail_table::set_listener(mail_listener* who) {
    listener_ = who;
    for (const auto& [id, e] : all_) {
        if (who != nullptr && e.m->is_waiting()) {
            who->mail_wanted(e.m, ticket{e.sequence});
        }
    }
}

void mail_table::take(mail m) {
    entry& e = all_[m.id];
    if (e.m && !is_newer(m, *e.m)) {
        return;
    }
    if (e.m) {
        --count_of(*e.m);
    }
    ++count_of(m);
    e.m = std::make_shared<const mail>(std::move(m));
}

void mail_table::drop(const std::function<bool(entry&)>& may_go) {
    for (auto at = all_.begin(); at != all_.end();) {
        if (may_go(at->second)) {
            --count_of(*at->second.m);
            at = all_.erase(at);
        } else {
            ++at;
        }
    }
}

} // namespace pawl::storage
