#include "app/dev/mail_box.hpp"

#include "core/text/header_text.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"

#include <algorithm>
#include <utility>

namespace pawl::app {

std::string to_json(const caught_mail& m, bool whole) {
    std::string text;
    json_object_writer object(text);
    object.member("id", to_hex(m.mail.out.id)).member("kind", to_text(m.mail.out.kind)).member("to", m.mail.out.to);
    if (m.mail.user != user_id{}) {
        object.member("user_id", m.mail.user.value);
    }
    object.member("at", to_rfc3339_ms(m.at)).member("subject", m.mail.subject);
    if (!m.mail.link.empty()) {
        object.member("link", m.mail.link);
    }
    object.member("text", m.mail.text);
    if (whole) {
        object.member("from", m.mail.out.from).member("html", m.mail.html);
    }
    object.end();
    return text;
}

relay_outcome mail_box::put(composed_mail m, timestamp_ms at, std::optional<mail_fault> fault) {
    const auto keep_it = [&] {
        const std::lock_guard lock(mutex_);
        keep({std::move(m), at});
    };
    if (!fault) {
        keep_it();
        return {relay_result::sent, "250 2.0.0 caught"};
    }
    switch (*fault) {
    case mail_fault::put_off:
        return {relay_result::later, "451 4.3.0 try again later"};
    case mail_fault::refused:
        return {relay_result::refused, "550 5.1.1 no such user"};
    case mail_fault::login_refused:
        return {relay_result::relay_fault, "535 5.7.8 authentication failed"};
    case mail_fault::no_connection:
        return {relay_result::relay_fault, "connection refused"};
    case mail_fault::after_250:
        keep_it();
        break;
    }
    return {relay_result::relay_fault, "the connection was lost"};
}

void mail_box::keep(caught_mail m) {
    bytes_ += m.size();
    all_.push_back(std::move(m));
    while (all_.size() > caught_mails_max || (bytes_ > caught_bytes_max && all_.size() > 1)) {
        bytes_ -= all_.front().size();
        all_.pop_front();
    }
}

std::string mail_box::list(std::string_view to, std::optional<mail_kind> kind) const {
    const std::lock_guard lock(mutex_);
    std::string out = "[";
    for (const caught_mail& m : all_) {
        if ((to.empty() || equals_ignoring_case(to, m.mail.out.to)) && (!kind || *kind == m.mail.out.kind)) {
            out += (out.size() > 1 ? "," : "") + to_json(m, false);
        }
    }
    return out + "]";
}

std::optional<caught_mail> mail_box::find(const mail_id& id) const {
    const std::lock_guard lock(mutex_);
    const auto at = std::find_if(all_.rbegin(), all_.rend(), [&](const caught_mail& m) { return m.mail.out.id == id; });
    return at == all_.rend() ? std::nullopt : std::optional(*at);
}

bool mail_box::remove(const mail_id& id) {
    const std::lock_guard lock(mutex_);
    return std::erase_if(all_, [&](const caught_mail& m) {
               const bool goes = m.mail.out.id == id;
               bytes_ -= goes ? m.size() : 0;
               return goes;
           }) > 0;
}

void mail_box::clear() {
    const std::lock_guard lock(mutex_);
    all_.clear();
    bytes_ = 0;
}

caught_mails mail_box::all() const {
    const std::lock_guard lock(mutex_);
    return all_;
}

void mail_box::set(caught_mails mails) {
    const std::lock_guard lock(mutex_);
    all_.clear();
    bytes_ = 0;
    for (caught_mail& m : mails) {
        keep(std::move(m));
    }
}

} // namespace pawl::app
