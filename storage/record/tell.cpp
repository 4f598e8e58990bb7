#include "storage/record/tell.hpp"

#include "core/text/encoding.hpp"

#include <algorithm>
#include <utility>

namespace pawl::storage {

std::string_view hash_kind(std::string_view stored) {
    if (stored.empty()) {
        return "none";
    }
    constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kinds{{{"$argon2id$", "argon2id"},
                                                                                  {"$argon2i$", "argon2i"},
                                                                                  {"$argon2d$", "argon2d"},
                                                                                  {"$2a$", "bcrypt"},
                                                                                  {"$2b$", "bcrypt"},
                                                                                  {"$2y$", "bcrypt"},
                                                                                  {"$pbkdf2-sha256$", "pbkdf2-sha256"},
                                                                                  {"pbkdf2_sha256$", "pbkdf2-sha256"}}};
    const auto found =
        std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return stored.starts_with(k.first); });
    return found == kinds.end() ? "unknown" : found->second;
}

void tell_value(json_object_writer& w, std::string_view name, const std::vector<std::string>& list) {
    std::string array = "[";
    for (const std::string& text : list) {
        array += array.size() > 1 ? "," : "";
        append_json_string(array, text);
    }
    w.raw(name, array + "]");
}

void tell_value(json_object_writer& w, std::string_view name, const std::array<std::uint8_t, 32>& bytes) {
    w.member(name, base64url_encode(bytes));
}

namespace {

void append_number(std::string& text, std::size_t number) {
    text.append(text.empty() ? "" : " ").append(std::to_string(number));
}

} // namespace

std::string text_of(const scope_set& scopes) {
    std::string text;
    for (std::size_t number = 0; number < scope_set::size_max; ++number) {
        if (scopes.contains(number)) {
            append_number(text, number);
        }
    }
    return text;
}

void tell_value(json_object_writer& w, std::string_view name, const scope_set& scopes) {
    w.member(name, text_of(scopes));
}

void tell_value(json_object_writer& w, std::string_view name, const std::array<std::uint16_t, 4>& apis) {
    std::string text;
    for (const std::uint16_t number : apis) {
        if (number != 0) {
            append_number(text, number);
        }
    }
    w.member(name, text);
}

void tell_value(json_object_writer& w, std::string_view /*name*/, family_word word) {
    w.member("generation", std::uint64_t{word.generation()})
        .member("rotated_at", std::uint64_t{word.rotated_at()})
        .member("status", name_of(word.status()))
        .member("confirmed", word.confirmed())
        .member("replays", std::uint64_t{word.replays()})
        .member("streak", std::uint64_t{word.streak()});
}

void tell_value(json_object_writer& w, std::string_view name, const family_use& use) {
    w.raw(name, use_json(use));
}

std::string use_json(const family_use& use) {
    std::string out;
    json_object_writer(out)
        .member("at", to_rfc3339(use.at))
        .member("ip", to_text(use.address))
        .member("user_agent", use.agent)
        .end();
    return out;
}

std::string text_of(const std::vector<std::string>& list) {
    std::string out;
    for (const std::string& one : list) {
        out += (out.empty() ? "" : ",") + one;
    }
    return out;
}

void detail::note_change(std::vector<field_change>& out, std::string_view name, const compared_text& before,
                         const compared_text& after) {
    if (before.text == after.text) {
        return;
    }
    if (before.kind.empty() && after.kind.empty()) {
        out.push_back({std::string(name), before.text, after.text});
    } else { // the kinds may be the same: that it is another one is said
        out.push_back({std::string(name), before.kind, "another " + after.kind});
    }
}

} // namespace pawl::storage
