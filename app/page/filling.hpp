// How a page is made of its template, its texts and its values. Internal to app/page: handlers see models alone
// (pages.hpp, account_pages.hpp).
#pragma once

#include "app/page/pages.hpp"
#include "app/page/texts.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace pawl::app {

// What a placeholder {{name}} of a template, or {name} of a text, stands for.
struct page_value {
    std::string_view name;
    std::string html; // escaped already
};
using page_values = std::initializer_list<page_value>;

constexpr bool is_text_key(std::string_view name) {
    for (const text_key& key : text_keys) {
        if (key.name == name) {
            return true;
        }
    }
    return false;
}

// Every {{t.key}} of a template is a text, every placeholder ends.
consteval bool well_formed(std::string_view text) {
    for (auto begin = text.find("{{"); begin != std::string_view::npos; begin = text.find("{{")) {
        const auto end = text.find("}}", begin);
        if (end == std::string_view::npos) {
            return false;
        }
        const std::string_view name = text.substr(begin + 2, end - begin - 2);
        if (name.starts_with("t.") && !is_text_key(name.substr(2))) {
            return false;
        }
        text.remove_prefix(end + 2);
    }
    return true;
}

// What comes from outside, without its control characters.
std::string escaped(std::string_view text);
// Isolated: a name that changes the direction of writing changes it within itself alone.
std::string isolated(std::string_view name, const said& otherwise);

const page_texts& texts_of(const page_look& look);

// A text and a template with their values. A value that is lacking is a defect of ours: std::logic_error.
std::string filled_text(const said& sentence, page_values all);
std::string filled(std::string_view rest, const page_texts& texts, page_values all);

// The whole answer, in the frame. `form_action` and `script` (empty: none) are sources of its policy.
http_response framed(const page_look& look, const said& title, std::string content, const std::string& form_action,
                     std::string_view script = {});

// "too many attempts", with the wait in words.
std::string after_a_wait(const page_texts& texts, seconds wait);

} // namespace pawl::app
