// A mail that is to be sent: why, to whom, until when, and what became of it. It holds no link: that is made when the
// mail is sent, of the mail's own time, so that every attempt sends the same one. Its record is in the log in one group
// with the change that caused it (core/port/record_port.hpp). Pure; docs/mail.md says how mails go.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/user/names.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

// 128 bits, given once: the time that the mail was wanted at (48 bits of milliseconds, the highest first), then chance.
// So their order is the order of time. In text: 32 lower-case hex digits.
struct mail_id {
    std::array<std::uint8_t, 16> bytes{};
    friend constexpr auto operator<=>(const mail_id&, const mail_id&) = default;
};
std::string to_hex(const mail_id& id);
std::optional<mail_id> mail_id_from_hex(std::string_view hex);

// Stored on disk, and words of /admin/mail, /dev/mail and metrics: numbers are never reused, words never change.
enum class mail_kind : std::uint8_t {
    // With a link.
    verify_email = 1,
    reset_password = 2,
    change_email = 3,  // to the new address
    undo_email = 4,    // to the old address: it was changed, and a link that takes it back
    sign_up = 5,       // there is no user yet
    sign_up_taken = 6, // a sign-up for an address that has an account: it says so, without a link
    invite = 7,
    // Notices.
    password_changed = 8,
    email_changed = 9,
    factor_added = 10,
    factor_removed = 11,
    recovery_used = 12,
    factor_failures = 13, // the second factor failed several times after a right password
    recovery_low = 14,    // few recovery codes are left
    new_device = 15,
    account_removed = 16,
    test = 17, // POST /admin/mail/test; never in the log
    // Without a link, and asked for by its user.
    approved = 18, // an operator allowed the account
};
inline constexpr mail_kind first_mail_kind = mail_kind::verify_email, last_mail_kind = mail_kind::approved;
const char* to_text(mail_kind kind) noexcept; // "verify_email"
std::optional<mail_kind> mail_kind_from_text(std::string_view word) noexcept;

// Whether the text of the kind needs what link_maker gives.
constexpr bool has_link(mail_kind kind) noexcept {
    return kind != mail_kind::sign_up_taken && kind <= mail_kind::invite;
}
// Tells the user of something that happened. Where the queue is full, notices are dropped and the change goes on; what
// has a link, or stands for one, is refused (mail_queue_full).
constexpr bool is_notice(mail_kind kind) noexcept {
    return kind >= mail_kind::password_changed && kind <= mail_kind::account_removed;
}
// Notices that --mail-notices can't turn off: the password, the address and the factors.
constexpr bool is_always_told(mail_kind kind) noexcept {
    return kind >= mail_kind::password_changed && kind <= mail_kind::factor_removed;
}

// Stored on disk: numbers are never reused. All but `waiting` are final.
enum class mail_status : std::uint8_t {
    waiting = 0,
    sent = 1,
    refused = 2,   // the relay takes it never (5xx)
    expired = 3,   // its link was too old, or the notice a day
    overtaken = 4, // what its link was for is done, or can't be any more
    dropped = 5,   // by an operator, or because the store is a restored one
};
inline constexpr mail_status last_mail_status = mail_status::dropped;
const char* to_text(mail_status status) noexcept; // "waiting"

inline constexpr std::size_t mail_lang_size_max = 35; // bytes of a language tag
inline constexpr std::size_t mail_address_size_max = email_size_max;
inline constexpr std::size_t mail_body_size_max = 512;  // bytes of mail::body
inline constexpr std::size_t mails_of_a_change_max = 4; // in one group with a user's record
inline constexpr seconds notice_life{86'400};           // a notice is worth sending so long

struct mail {
    mail_id id;
    mail_kind kind = mail_kind::verify_email;
    user_id user; // 0: none yet
    mail_status status = mail_status::waiting;
    std::uint8_t attempts = 0;               // that counted, at most 255
    timestamp wanted_at{};                   // what the link says of its making
    timestamp not_before{};                  // of a waiting one: the next attempt; of a final one: when it became final
    timestamp expires_at{};                  // it is not sent from then on
    std::array<std::uint8_t, 8> state_tag{}; // keyed hash of the state that the link is bound to; zeros: of none
    std::string lang;                        // "en", "de"; what there are no texts of is English
    std::string address;                     // as check_email() gives it: ASCII, without control characters
    std::string body;                        // encoded mail_body

    bool is_waiting() const noexcept { return status == mail_status::waiting; }
    friend bool operator==(const mail&, const mail&) = default;
};
using mail_ptr = std::shared_ptr<const mail>;

// What varies in a mail beside its user, as text. None of it may open a door: it is in the log and in backups.
struct mail_body {
    std::string about;   // the purpose's: another address, a factor's name; at most 256 bytes
    std::string agent;   // where the cause came from: the User-Agent, at most 128 bytes; empty: not told
    std::string network; // the caller's address, cut to its network; at most 48 bytes; empty: not told

    friend bool operator==(const mail_body&, const mail_body&) = default;
};
// At most mail_body_size_max bytes: longer parts are cut, at the end of a character.
std::string encode(const mail_body& body);
// std::nullopt for bytes that no encode() gave.
std::optional<mail_body> decode_mail_body(std::string_view bytes);

// Whether `read` stands over `known` (docs/on-disk.md, R5): final over waiting, then more attempts.
bool is_newer(const mail& read, const mail& known) noexcept;

// Whether a record may be so: kinds, an address, bounds.
bool is_sound(const mail& m) noexcept;

} // namespace pawl
