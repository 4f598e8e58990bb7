#include "app/mail/compose.hpp"

#include "app/mail/texts.hpp"
#include "core/mail/mime.hpp"
#include "core/text/html_text.hpp"
#include "core/text/rfc3339.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <stdexcept>
#include <utility>

namespace pawl::app {

namespace {

// clang-format off
constexpr std::array kinds{
#define PAWL_LINK(kind) mail_kind_texts{mail_kind::kind, &mail_texts::kind##_subject, &mail_texts::kind##_lead, &mail_texts::kind##_button},
#define PAWL_NOTICE(kind) mail_kind_texts{mail_kind::kind, &mail_texts::kind##_subject, &mail_texts::kind##_lead},
    PAWL_LINK(verify_email) PAWL_LINK(reset_password) PAWL_LINK(change_email) PAWL_LINK(undo_email) PAWL_LINK(sign_up)
    PAWL_NOTICE(sign_up_taken) PAWL_LINK(invite)
    PAWL_NOTICE(password_changed) PAWL_NOTICE(email_changed) PAWL_NOTICE(factor_added) PAWL_NOTICE(factor_removed)
    PAWL_NOTICE(recovery_used) PAWL_NOTICE(factor_failures) PAWL_NOTICE(recovery_low) PAWL_NOTICE(new_device)
    PAWL_NOTICE(account_removed) PAWL_NOTICE(test) PAWL_NOTICE(approved)
#undef PAWL_LINK
#undef PAWL_NOTICE
};
// clang-format on
constexpr bool all_kinds_in_order() {
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const mail_kind kind = kinds.at(i).kind;
        if (static_cast<std::size_t>(kind) != i + 1 || (kinds.at(i).button != nullptr) != has_link(kind)) {
            return false;
        }
    }
    return kinds.size() == static_cast<std::size_t>(last_mail_kind);
}
static_assert(all_kinds_in_order());

struct value {
    std::string_view name;
    std::string_view text;
};
using values = std::initializer_list<value>;

// What comes from outside, without what could end a line.
std::string shown(std::string_view text) {
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return out;
}

std::string filled(const said& sentence, values all) {
    std::string out;
    std::string_view rest = sentence.text;
    for (auto begin = rest.find('{'); begin != std::string_view::npos; begin = rest.find('{')) {
        const auto end = rest.find('}', begin);
        const std::string_view name = rest.substr(begin + 1, end - begin - 1);
        out += rest.substr(0, begin);
        const auto* const found = std::ranges::find(all, name, &value::name);
        if (found == all.end()) {
            throw std::logic_error("a mail lacks the value " + std::string(name));
        }
        out += shown(found->text);
        rest.remove_prefix(end + 1);
    }
    return out += rest;
}

// "2026-11-30 12:00 UTC".
std::string moment(timestamp t) {
    const std::string text = to_rfc3339(t);
    return text.substr(0, 10) + " " + text.substr(11, 5) + " UTC";
}

struct written {
    std::string before_link, after_link; // paragraphs, with an empty line between them
};

std::string paragraph_html(std::string_view text, std::string_view style) {
    return "<p style=\"" + std::string(style) + "\">" + escape_html(text) + "</p>\n";
}

std::string paragraphs_html(std::string_view text, std::string_view style) {
    std::string out;
    while (!text.empty()) {
        const auto end = text.find("\n\n");
        out += paragraph_html(text.substr(0, end), style);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    }
    return out;
}

// As the pages look (app/page/pages.css); mail programs know no stylesheets of others.
constexpr std::string_view usual_style = "margin:0 0 16px", soft_style = "margin:0 0 8px;font-size:13px;color:#5a6877";

std::string html_of(const mail_texts& texts, const std::string& subject, const written& w, const said* button,
                    std::string_view link, const std::string& footer, const mail_sender_name& from) {
    std::string out = "<!doctype html>\n<html lang=\"" + std::string(texts.code.text) +
                      "\">\n<head><meta charset=\"utf-8\"><title>" + escape_html(subject) +
                      "</title></head>\n<body style=\"margin:0;padding:24px;background:#f3f6f9;color:#1d2733;"
                      "font:16px/1.6 system-ui,sans-serif\">\n"
                      "<div style=\"max-width:480px;margin:0 auto;padding:24px;background:#ffffff;"
                      "border:1px solid #d9e0e7;border-radius:12px\">\n";
    if (!from.brand.empty()) {
        out += paragraph_html(from.brand, "margin:0 0 16px;font-weight:600");
    }
    out += "<h1 style=\"margin:0 0 16px;font-size:22px\">" + escape_html(subject) + "</h1>\n";
    out += paragraphs_html(w.before_link, usual_style);
    if (button != nullptr) {
        out += "<p style=\"margin:0 0 16px\"><a href=\"" + escape_html(link) +
               "\" style=\"display:inline-block;padding:10px 20px;background:" + from.button.text() +
               ";color:#ffffff;"
               "text-decoration:none;border-radius:8px\">" +
               escape_html(button->text) + "</a></p>\n";
        out += "<p style=\"margin:0 0 16px;font-size:13px;word-break:break-all\">" + escape_html(link) + "</p>\n";
    }
    out +=
        paragraphs_html(w.after_link, usual_style) + paragraph_html(footer, soft_style) + "</div>\n</body>\n</html>\n";
    return out;
}

header_value checked(std::optional<header_value> v) {
    if (!v) {
        throw std::logic_error("a mail's header has a value that can't be in one");
    }
    return *std::move(v);
}

void add_paragraph(std::string& to, const std::string& text) {
    to += (to.empty() ? "" : "\n\n") + text;
}

} // namespace

const mail_kind_texts& texts_of(mail_kind kind) {
    return kinds.at(static_cast<std::size_t>(kind) - 1);
}

composed_mail compose(const mail& m, const user* u, std::string_view link, const mail_sender_name& from) {
    const bool is_german = m.lang.starts_with("de") && (m.lang.size() == 2 || m.lang[2] == '-');
    const mail_texts& texts = is_german ? german_mail_texts : english_mail_texts;
    const mail_kind_texts& own = texts_of(m.kind);
    const mail_body body = decode_mail_body(m.body).value_or(mail_body{});
    const std::string& about = body.about.empty() ? m.address : body.about;
    const std::string until = moment(m.expires_at), time = moment(m.wanted_at);
    const std::string name = u == nullptr ? std::string() : u->first_name;
    const std::string server = from.brand.empty() ? from.issuer : from.brand + " (" + from.issuer + ")";
    const values all{{"name", name}, {"about", about},          {"agent", body.agent}, {"until", until},
                     {"time", time}, {"network", body.network}, {"issuer", server}};
    composed_mail out;
    out.link = link;
    out.user = m.user;
    out.subject = filled(texts.*own.subject, all);
    written w;
    w.before_link = filled(name.empty() ? texts.greeting_without_name : texts.greeting, all);
    add_paragraph(w.before_link, filled(texts.*own.lead, all));
    const bool told_from = !body.network.empty() && !body.agent.empty();
    if (own.button != nullptr) {
        add_paragraph(w.after_link, filled(texts.link_until, all));
    }
    if (is_notice(m.kind)) {
        add_paragraph(w.after_link, filled(told_from ? texts.happened_from : texts.happened, all));
        add_paragraph(w.after_link, filled(texts.not_you_notice, all));
    } else if (m.kind != mail_kind::test && m.kind != mail_kind::approved) {
        if (told_from) {
            add_paragraph(w.after_link, filled(texts.asked_from, all));
        }
        add_paragraph(w.after_link,
                      filled(m.kind == mail_kind::undo_email ? texts.not_you_notice : texts.not_you_link, all));
    }
    const std::string footer = filled(texts.footer, all);
    out.text = w.before_link;
    if (own.button != nullptr) {
        add_paragraph(out.text, std::string((texts.*own.button).text) + ":\n" + std::string(link));
    }
    if (!w.after_link.empty()) {
        add_paragraph(out.text, w.after_link);
    }
    add_paragraph(out.text, footer + "\n");
    out.html =
        html_of(texts, out.subject, w, own.button == nullptr ? nullptr : &(texts.*own.button), link, footer, from);
    out.out.id = m.id;
    out.out.kind = m.kind;
    out.out.from = from.address;
    out.out.to = m.address;
    const std::string id = to_hex(m.id);
    mail_content content{.from = checked(header_value::mailbox(from.name, from.address)),
                         .to = checked(header_value::mailbox({}, m.address)),
                         .subject = header_value::words(out.subject),
                         .message_id = checked(header_value::plain("<" + id + "@" + from.host + ">")),
                         .language = checked(header_value::plain(texts.code.text)),
                         .date = m.wanted_at,
                         .boundary = "=_pawl_" + id,
                         .text = out.text,
                         .html = out.html};
    if (!from.reply_to.empty()) {
        content.reply_to = checked(header_value::mailbox({}, from.reply_to));
    }
    out.out.message = build_message(content);
    return out;
}

} // namespace pawl::app
