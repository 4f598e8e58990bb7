// The rules of mail.
#include "app/config/validate_parts.hpp"
#include "core/user/names.hpp"

namespace pawl::app {

option_error check_mail(option_values& v, config& out) {
    using enum option_id;
    if (!v.has(smtp)) {
        for (const option_id id : {smtp_password_file, smtp_ca, mail_from, mail_reply_to}) {
            if (v.has(id)) {
                return v.complain(id, "needs --smtp");
            }
        }
        return v.flag(smtp_plain) ? option_error(v.complain(smtp_plain, "needs --smtp")) : std::nullopt;
    }
    auto target = smtp_target_from_url(v.text(smtp));
    if (!target) {
        return v.complain(smtp, "must be smtp://[USER@]HOST[:PORT] or smtps://, without password and path");
    }
    if (v.flag(smtp_plain)) {
        if (target->security != smtp_security::starttls || !target->is_loopback()) {
            return v.complain(smtp_plain, "is for smtp:// to loopback");
        }
        target->security = smtp_security::none;
    }
    if (target->user.empty() == v.has(smtp_password_file)) {
        return v.complain(smtp, v.has(smtp_password_file) ? "names no user, but there is --smtp-password-file"
                                                          : "names a user: needs --smtp-password-file");
    }
    if (!v.has(mail_from)) {
        return v.complain(smtp, "needs --mail-from");
    }
    mail_route& mail = out.mail_out.emplace();
    mail.relay = *std::move(target);
    mail.password_file = v.has(smtp_password_file) ? v.text(smtp_password_file) : std::string();
    mail.ca_file = v.has(smtp_ca) ? v.text(smtp_ca) : std::string();
    std::string why;
    for (const option_id id : {mail_from, mail_reply_to}) {
        if (v.has(id) && !check_email(v.text(id), why)) {
            return v.complain(id, "must be an email address, without a name");
        }
    }
    mail.from = v.text(mail_from);
    mail.reply_to = v.has(mail_reply_to) ? v.text(mail_reply_to) : std::string();
    return std::nullopt;
}

} // namespace pawl::app
