#include "app/egress/smtp_message.hpp"

#include "core/capsule/body.hpp"

#include <string_view>

namespace pawl::app {

namespace {

constexpr std::uint64_t of_mail = 2; // the kind of a request, its first byte

bool has_bounds(const smtp_mail& m) {
    return m.hello.size() <= egress_text_size_max && m.user.size() <= egress_text_size_max &&
           m.password.size() <= egress_text_size_max && m.from.size() <= egress_text_size_max &&
           m.to.size() <= egress_text_size_max && m.content.size() <= egress_mail_size_max;
}

} // namespace

std::optional<secret_bytes> to_message(const smtp_mail& mail) {
    if (!has_bounds(mail) || !is_sound(mail)) {
        return std::nullopt;
    }
    body_writer out;
    out.number(of_mail, 1);
    out.text(mail.hello);
    out.text(mail.user);
    out.text(mail.password.reveal());
    out.text(mail.from);
    out.text(mail.to);
    out.rest(mail.content);
    return out.body();
}

std::optional<smtp_mail> smtp_mail_from(std::span<const std::uint8_t> message) {
    body_reader from(message);
    smtp_mail out;
    from.require(from.number(1) == of_mail);
    out.hello = from.text(egress_text_size_max);
    out.user = from.text(egress_text_size_max);
    secret_bytes password(from.number(2, egress_text_size_max));
    from.bytes(password);
    out.from = from.text(egress_text_size_max);
    out.to = from.text(egress_text_size_max);
    out.content = from.rest(egress_mail_size_max);
    if (!from.done()) {
        return std::nullopt;
    }
    out.password = secret_string({reinterpret_cast<const char*>(password.data()), password.size()});
    if (!is_sound(out)) {
        return std::nullopt;
    }
    return out;
}

secret_bytes to_message(const smtp_answer& answer) {
    body_writer out;
    out.number(static_cast<std::uint64_t>(answer.result), 1);
    out.rest(std::string_view(answer.text).substr(0, egress_text_size_max));
    return out.body();
}

std::optional<smtp_answer> smtp_answer_from(std::span<const std::uint8_t> message) {
    body_reader from(message);
    smtp_answer out;
    out.result = static_cast<relay_result>(from.number(1, static_cast<std::uint64_t>(relay_result::relay_fault)));
    out.text = from.rest(egress_text_size_max);
    if (!from.done()) {
        return std::nullopt;
    }
    return out;
}

} // namespace pawl::app
