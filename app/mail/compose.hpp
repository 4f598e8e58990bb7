// From a mail that waits to the bytes that go out: its words in its language, as text and as HTML. Pure.
#pragma once

#include "app/config/colour.hpp"
#include "app/mail/relay.hpp"
#include "core/mail/mail.hpp"
#include "core/user/user.hpp"

#include <string>
#include <string_view>

namespace pawl::app {

inline constexpr colour default_mail_colour{0x1f, 0x5f, 0x9a}; // --link of app/page/pages.css

// Who mails come from.
struct mail_sender_name {
    std::string name;     // shown; may be empty
    std::string address;  // of the envelope, too
    std::string reply_to; // empty: none
    std::string issuer;   // URL, which mails name
    std::string host;     // of it, for Message-ID
    std::string brand{};  // whose mails these are, in their words; may be empty
    colour button = default_mail_colour;
};

struct composed_mail {
    std::string subject, text, html; // UTF-8
    std::string link;                // empty: none
    user_id user;                    // 0: none
    outgoing_mail out;
};
// `u`: its user now; null: none. `link`: empty where its kind has none. std::logic_error where the sender or the
// address can't be in a header: both are checked where they come in.
composed_mail compose(const mail& m, const user* u, std::string_view link, const mail_sender_name& from);

} // namespace pawl::app
