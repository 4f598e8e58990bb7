// Replies of a mail server: read at once and byte by byte they are the same, and no byte of them reaches a terminal.
// Input: what it says.
#include "app/egress/smtp_dialog.hpp"
#include "app/egress/smtp_reply.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace pawl;
using namespace pawl::app;
using state = smtp_reply_reader::state;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

struct heard {
    std::vector<std::string> replies;
    bool is_broken = false;
};

heard hear(std::string_view text, std::size_t at_once) {
    heard out;
    smtp_reply_reader reader;
    while (!text.empty() && !out.is_broken) {
        std::string_view part = text.substr(0, at_once);
        const std::size_t size = part.size();
        const state now = reader.take(part);
        text.remove_prefix(size - part.size());
        out.is_broken = now == state::broken;
        if (now == state::whole) {
            out.replies.push_back(reader.reply().text);
            require(reader.reply().code >= 200 && reader.reply().code <= 559 + 40);
        }
    }
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const heard whole = hear(text, text.size() + 1);
    const heard slow = hear(text, 1);
    require(whole.replies == slow.replies && whole.is_broken == slow.is_broken);
    smtp_mail mail;
    mail.hello = mail.from = mail.to = "a";
    mail.user = "u";
    mail.content = "a\r\n";
    for (const smtp_security security : {smtp_security::starttls, smtp_security::tls, smtp_security::none}) {
        smtp_dialog dialog(mail, security);
        smtp_reply_reader reader;
        std::string_view left = text;
        while (!left.empty() && reader.take(left) == state::whole) {
            for (const char c : reader.reply().text) {
                require(c == '\n' || c < 0 || c >= ' ');
            }
            smtp_dialog::action next = dialog.hear(reader.reply());
            if (next == smtp_dialog::action::use_tls) {
                require(security == smtp_security::starttls);
                next = dialog.secured();
            }
            require(!dialog.words().empty());
            if (next == smtp_dialog::action::end) {
                break;
            }
        }
    }
    return 0;
}
