#include "core/mail/mail.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

struct kind_word {
    mail_kind kind;
    const char* word;
};
constexpr std::array kind_words{
    kind_word{mail_kind::verify_email, "verify_email"},
    kind_word{mail_kind::reset_password, "reset_password"},
    kind_word{mail_kind::change_email, "change_email"},
    kind_word{mail_kind::undo_email, "undo_email"},
    kind_word{mail_kind::sign_up, "sign_up"},
    kind_word{mail_kind::sign_up_taken, "sign_up_taken"},
    kind_word{mail_kind::invite, "invite"},
    kind_word{mail_kind::password_changed, "password_changed"},
    kind_word{mail_kind::email_changed, "email_changed"},
    kind_word{mail_kind::factor_added, "factor_added"},
    kind_word{mail_kind::factor_removed, "factor_removed"},
    kind_word{mail_kind::recovery_used, "recovery_used"},
    kind_word{mail_kind::factor_failures, "factor_failures"},
    kind_word{mail_kind::recovery_low, "recovery_low"},
    kind_word{mail_kind::new_device, "new_device"},
    kind_word{mail_kind::account_removed, "account_removed"},
    kind_word{mail_kind::test, "test"},
    kind_word{mail_kind::approved, "approved"},
};
static_assert(kind_words.size() == static_cast<std::size_t>(last_mail_kind));

constexpr std::array<const char*, static_cast<std::size_t>(last_mail_status) + 1> status_words{
    "waiting", "sent", "refused", "expired", "overtaken", "dropped"};

// Of mail_body, in the order in which they are written.
constexpr std::size_t about_size_max = 256, agent_size_max = 128, network_size_max = 48;
constexpr std::size_t length_size = 2;
static_assert(3 * length_size + about_size_max + agent_size_max + network_size_max <= mail_body_size_max);

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

void put_text(std::string& out, std::string_view text, std::size_t size_max) {
    std::size_t size = std::min(text.size(), size_max);
    while (size < text.size() && size > 0 && is_continuation(text[size])) {
        --size; // not within a character
    }
    out.push_back(static_cast<char>(size & 0xFFU));
    out.push_back(static_cast<char>(size >> 8U));
    out += text.substr(0, size);
}

bool take_text(std::string_view& rest, std::string& text, std::size_t size_max) {
    if (rest.size() < length_size) {
        return false;
    }
    const std::size_t size =
        static_cast<unsigned char>(rest[0]) | static_cast<std::size_t>(static_cast<unsigned char>(rest[1])) << 8U;
    rest.remove_prefix(length_size);
    if (size > rest.size() || size > size_max) {
        return false;
    }
    text = rest.substr(0, size);
    rest.remove_prefix(size);
    return true;
}

bool is_plain_address(std::string_view text) {
    return !text.empty() && text.size() <= mail_address_size_max &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

bool is_language_tag(std::string_view text) {
    return text.size() <= mail_lang_size_max && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
           });
}

} // namespace

std::string to_hex(const mail_id& id) {
    return to_hex(family_id{id.bytes}); // as many bytes, written alike
}

std::optional<mail_id> mail_id_from_hex(std::string_view hex) {
    const std::optional<family_id> read = family_id_from_hex(hex);
    return read ? std::optional(mail_id{read->bytes}) : std::nullopt;
}

const char* to_text(mail_kind kind) noexcept {
    for (const kind_word& one : kind_words) {
        if (one.kind == kind) {
            return one.word;
        }
    }
    return "unknown";
}

std::optional<mail_kind> mail_kind_from_text(std::string_view word) noexcept {
    for (const kind_word& one : kind_words) {
        if (word == one.word) {
            return one.kind;
        }
    }
    return std::nullopt;
}

const char* to_text(mail_status status) noexcept {
    const auto at = static_cast<std::size_t>(status);
    return at < status_words.size() ? status_words[at] : "unknown";
}

std::string encode(const mail_body& body) {
    std::string out;
    put_text(out, body.about, about_size_max);
    put_text(out, body.agent, agent_size_max);
    put_text(out, body.network, network_size_max);
    return out;
}

std::optional<mail_body> decode_mail_body(std::string_view bytes) {
    mail_body out;
    const bool good = take_text(bytes, out.about, about_size_max) && take_text(bytes, out.agent, agent_size_max) &&
                      take_text(bytes, out.network, network_size_max) && bytes.empty();
    return good ? std::optional(std::move(out)) : std::nullopt;
}

bool is_newer(const mail& read, const mail& known) noexcept {
    if (read.is_waiting() != known.is_waiting()) {
        return known.is_waiting();
    }
    return known.is_waiting() && read.attempts > known.attempts;
}

bool is_sound(const mail& m) noexcept {
    return m.id != mail_id{} && m.kind >= first_mail_kind && m.kind <= last_mail_kind && m.kind != mail_kind::test &&
           m.status <= last_mail_status && is_language_tag(m.lang) && is_plain_address(m.address) &&
           m.body.size() <= mail_body_size_max;
}

} // namespace pawl
