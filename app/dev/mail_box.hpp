// Where --dev catches mails: what a world sent, for tests to read. Bounded; the oldest go first. Any thread.
#pragma once

#include "app/dev/faults.hpp"
#include "app/mail/compose.hpp"
#include "app/mail/relay.hpp"
#include "core/clock.hpp"

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::app {

inline constexpr std::size_t caught_mails_max = 1000, caught_bytes_max = std::size_t{4} << 20U;

struct caught_mail {
    composed_mail mail;
    timestamp_ms at{};

    std::size_t size() const {
        return mail.text.size() + mail.html.size() + mail.subject.size() + mail.link.size() + mail.out.message.size();
    }
};
using caught_mails = std::deque<caught_mail>; // the oldest first

// {"id","kind","to","user_id","at","subject","link","text"}; with `whole` also "from" and "html".
std::string to_json(const caught_mail& m, bool whole);

class mail_box {
public:
    // As a relay that takes everything, but for `fault`.
    relay_outcome put(composed_mail m, timestamp_ms at, std::optional<mail_fault> fault);
    // Those to that address (empty: to any) and of that kind, the oldest first, as JSON.
    std::string list(std::string_view to, std::optional<mail_kind> kind) const;
    // The latest of that id.
    std::optional<caught_mail> find(const mail_id& id) const;
    bool remove(const mail_id& id);
    void clear();

    // For snapshots of a world.
    caught_mails all() const;
    void set(caught_mails mails);

private:
    void keep(caught_mail m);

    mutable std::mutex mutex_;
    caught_mails all_;
    std::size_t bytes_ = 0;
};

} // namespace pawl::app
