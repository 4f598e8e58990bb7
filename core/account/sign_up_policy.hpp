// Who may make an account, and whether an account may be used yet. Pure; any thread.
#pragma once

#include "core/user/user.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// --sign-up
enum class sign_up_mode : std::uint8_t {
    open,    // anyone, at once
    confirm, // who has the mailbox: the account is made when the link of a mail is used
    approve, // anyone; an operator allows the account before it can be used
    invite,  // whom an operator invites
    closed,  // whom an operator makes an account for
};
inline constexpr sign_up_mode last_sign_up_mode = sign_up_mode::closed;
std::string_view to_text(sign_up_mode mode) noexcept; // "open"
std::optional<sign_up_mode> sign_up_mode_from_text(std::string_view word) noexcept;

// One of --sign-up-domain: `example.org`, that domain alone; or `*.example.org`, what stands below it, and not itself.
struct sign_up_domain {
    std::string name; // in small letters, without `*.`
    bool below = false;

    friend bool operator==(const sign_up_domain&, const sign_up_domain&) = default;
};
inline constexpr std::size_t sign_up_domains_max = 100;
std::optional<sign_up_domain> sign_up_domain_from_text(std::string_view text);

struct sign_up_policy {
    sign_up_mode mode = sign_up_mode::open;
    std::vector<sign_up_domain> domains; // of which addresses may sign up; empty: of all
    bool wants_verified_email = false;   // --require-verified-email
};

// How an account is asked for.
enum class sign_up_way : std::uint8_t {
    password, // address and password, by anyone
    address,  // the address alone, by anyone
    link,     // address and password, by who has the link that was mailed to the address
};

enum class sign_up_decision : std::uint8_t {
    make,               // an account that can be used
    make_pending,       // an account that waits for an operator
    send_link,          // nothing but a mail
    address_alone,      // refused: the address alone is taken (validation_failed)
    password_too,       // refused: a password is wanted, too (validation_failed)
    sign_up_closed,     // refused
    domain_not_allowed, // refused
};
// `email`: as check_email() gives it. What is refused says nothing of whether the address has an account.
sign_up_decision decide_sign_up(const sign_up_policy& policy, sign_up_way way, std::string_view email);
bool is_of_allowed_domain(const sign_up_policy& policy, std::string_view email);

// Signed up by itself, and no operator has allowed it yet. An invited user has no password yet, and is none of these.
bool awaits_approval(const user& u);

// Why a user whose password was right is not let in all the same.
enum class admission : std::uint8_t { granted, approval_pending, email_not_verified };
admission admission_of(const user& u, const sign_up_policy& policy);

} // namespace pawl
