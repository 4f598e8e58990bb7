// Which language a page speaks.
#include "app/page/pages.hpp"
#include "core/text/ascii.hpp"
#include "core/text/header_text.hpp"

#include <optional>

namespace pawl::app {

namespace {

constexpr std::size_t languages_max = 16; // of a list, more are not read

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// RFC 4647 3.3.2, a range of a language we speak: "de", "de-AT"; "*" is for the caller.
std::optional<language> spoken(std::string_view tag) {
    if (tag.size() < 2 || (tag.size() > 2 && tag[2] != '-')) {
        return std::nullopt;
    }
    const char a = lower(tag[0]);
    const char b = lower(tag[1]);
    if (a == 'd' && b == 'e') {
        return language::german;
    }
    if (a == 'e' && b == 'n') {
        return language::english;
    }
    return std::nullopt;
}

std::string_view next_part(std::string_view& rest, char separator) {
    const auto end = rest.find(separator);
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return part;
}

// RFC 9110 12.4.2, in thousandths. What is no weight counts as 0.
int weight_of(std::string_view parameters) {
    const std::string_view text = trim(parameters);
    if (text.empty()) {
        return 1000;
    }
    if (text.size() < 3 || text.size() > 7 || lower(text[0]) != 'q' || text[1] != '=') {
        return 0;
    }
    if (text[2] != '0' && text[2] != '1') {
        return 0;
    }
    int weight = (text[2] - '0') * 1000;
    if (text.size() > 3 && text[3] != '.') {
        return 0;
    }
    int step = 100;
    for (std::size_t at = 4; at < text.size(); ++at, step /= 10) {
        if (text[at] < '0' || text[at] > '9') {
            return 0;
        }
        weight += (text[at] - '0') * step;
    }
    return weight > 1000 ? 0 : weight;
}

} // namespace

language language_of(std::string_view ui_locales, std::string_view accept_language) {
    for (std::size_t n = 0; n < languages_max && !ui_locales.empty(); ++n) {
        if (const auto found = spoken(next_part(ui_locales, ' '))) {
            return *found;
        }
    }
    language best = language::english;
    int best_weight = 0;
    for (std::size_t n = 0; n < languages_max && !accept_language.empty(); ++n) {
        std::string_view parameters = next_part(accept_language, ',');
        const auto found = spoken(trim(next_part(parameters, ';')));
        const int weight = found ? weight_of(parameters) : 0;
        if (weight > best_weight) { // of equals the first
            best = *found;
            best_weight = weight;
        }
    }
    return best;
}

} // namespace pawl::app
