// What the services say of mails: makes those that go with a change, hands over those that go alone, and does what
// operators ask. What a mail reads like and how it leaves is the app's (app/mail).
#pragma once

#include "core/mail/mail.hpp"
#include "core/port/mail_port.hpp"
#include "core/service/services.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pawl {

// The link that a waiting mail is sent with: asked for anew at every attempt, with the user as it is then (null: there
// is none any more, or none yet). Made of the mail's own times, so that it is the same at each. std::nullopt:
// overtaken, so nothing is sent: the state that `state_tag` is of is another by now. "" where its kind has no link and
// nothing is overtaken. Any thread; it does not block.
using link_maker = std::function<std::optional<std::string>(const mail&, const user_ptr&)>;

// A mail as a service wants it.
struct mail_wish {
    mail_kind kind = mail_kind::verify_email;
    user_id user;        // 0: none yet
    std::string address; // as check_email() gives it
    std::string lang;    // empty: the server's
    seconds life{0};     // of its link; notices have notice_life
    std::array<std::uint8_t, 8> state_tag{};
    mail_body body;
};

struct mail_settings {
    bool on = false;                // there is a relay, or the box of --dev
    std::size_t queue_max = 10'000; // --mail-queue: mails that wait
    bool notices_on = true;         // --mail-notices all; else those that is_always_told() says alone
};

// For /metrics; relaxed.
struct mail_counters {
    std::atomic<std::uint64_t> wanted{0}, dropped{0}; // dropped: notices for which the queue had no room
};

class mail_service {
public:
    // All outlive it.
    mail_service(const service_context& context, mail_port& mails, const mail_settings& settings);

    bool is_on() const { return settings_.on; }
    // Before a change or an answer that depends on it: whether one more mail with a link would be taken. mail_off,
    // mail_queue_full. The same for known and unknown names, so that the answer tells nothing.
    std::optional<failure> why_not() const;
    // A mail of that wish, as of now, to go with a change. mail_off, mail_queue_full.
    result<mail> make(const mail_wish& wish) const;
    // Of a notice: std::nullopt where there is no relay, it is turned off, or the queue is full (which is counted).
    // Whom notices may be sent to (proven addresses) is the caller's to know.
    std::optional<mail> make_notice(const mail_wish& wish) const;
    // A mail of its own. Wait for the ticket before the answer. mail_off, mail_queue_full, storage_unavailable.
    result<ticket> send(const mail_wish& wish);
    // A notice that make_notice() gave, where no record changes with it. ticket::none where the log has no room for it:
    // what it tells of happened all the same.
    ticket hand_over(const mail& notice);

    // --- Operators.
    std::vector<mail_ptr> list(const std::optional<mail_id>& after, std::size_t limit) const;
    // One that waits is tried at once (whatever pauses the queue); one that is final is wanted again, under an id of
    // its own. Which id is tried. mail_not_found, mail_off, storage_unavailable.
    struct retried {
        mail_id id;
        ticket wait_for = ticket::none;
    };
    result<retried> retry(const mail_id& id);
    // It is not sent. One that is final stays as it is. mail_not_found, storage_unavailable.
    result<ticket> drop(const mail_id& id);

    const mail_counters& counters() const { return counters_; }
    // Called where an operator wants a mail tried at once; set before the first request.
    std::function<void(const mail_id&)> hurry;

private:
    mail made_of(const mail_wish& wish) const;

    const service_context& context_;
    mail_port& mails_;
    const mail_settings& settings_;
    mutable mail_counters counters_;
};

} // namespace pawl
