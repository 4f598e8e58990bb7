#include "app/http/negotiation.hpp"

#include "core/text/header_text.hpp"

#include <algorithm>
#include <array>

namespace pawl::app {

namespace {

constexpr std::array<std::string_view, 3> html{"text/html", "text/*", "*/*"};
constexpr std::array<std::string_view, 3> json{"application/json", "application/*", "*/*"};
constexpr std::array<std::string_view, 2> gzip{"gzip", "*"};

// qvalue of RFC 9110 12.4.2 in thousandths: "1", "0.8", "0.125"; 0 for anything else.
unsigned qvalue(std::string_view text) {
    constexpr std::size_t decimals_max = 3;
    if (text.empty() || (text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.') ||
        text.size() > 2 + decimals_max) {
        return 0;
    }
    unsigned value = text[0] == '1' ? quality_max : 0;
    unsigned weight = quality_max / 10;
    for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (c < '0' || c > '9') {
            return 0;
        }
        value += static_cast<unsigned>(c - '0') * weight;
        weight /= 10;
    }
    return std::min(value, quality_max);
}

// The weight of one element's parameters, ";charset=utf-8;q=0.5".
unsigned weight_of(std::string_view parameters) {
    while (!parameters.empty()) {
        const std::string_view one = take_until(parameters, ';');
        const std::size_t equals = std::min(one.find('='), one.size());
        if (equals_ignoring_case(trim(one.substr(0, equals)), "q")) {
            return qvalue(trim(one.substr(std::min(equals + 1, one.size()))));
        }
    }
    return quality_max;
}

} // namespace

unsigned quality(std::string_view header, std::span<const std::string_view> candidates) {
    std::size_t best = candidates.size();
    unsigned weight = 0;
    while (!header.empty()) {
        std::string_view parameters = take_until(header, ',');
        const std::string_view name = trim(take_until(parameters, ';'));
        const auto found =
            std::ranges::find_if(candidates, [name](std::string_view c) { return equals_ignoring_case(c, name); });
        const auto index = static_cast<std::size_t>(found - candidates.begin());
        if (index < best) {
            best = index;
            weight = weight_of(parameters);
        }
    }
    return weight;
}

bool prefers_html(std::optional<std::string_view> accept) {
    return accept && quality(*accept, html) > quality(*accept, json);
}

bool accepts_gzip(std::optional<std::string_view> accept_encoding) {
    return accept_encoding && quality(*accept_encoding, gzip) > 0;
}

} // namespace pawl::app
