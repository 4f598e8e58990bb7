#include "app/config/resolve.hpp"

#include "app/config/proxy_trust.hpp"

#include <boost/assert.hpp>

#include <algorithm>

namespace pawl::app {

namespace {

constexpr std::size_t text_size_max = 4096;
constexpr std::string_view by_default = "default";

bool is_plain_text(std::string_view text) {
    return !text.empty() && text.size() <= text_size_max && std::ranges::none_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

bool is_choice(std::string_view choices, std::string_view text) {
    for (;;) {
        const auto bar = choices.find('|');
        if (choices.substr(0, bar) == text) {
            return true;
        }
        if (bar == std::string_view::npos) {
            return false;
        }
        choices.remove_prefix(bar + 1);
    }
}

bool in_bounds(const option_row& row, std::optional<std::int64_t> value) {
    return value && *value >= row.min && *value <= row.max;
}

// Whether one text is a value of this row.
bool fits(const option_row& row, std::string_view text) {
    switch (row.kind) {
    case value_kind::text:
    case value_kind::path:
        return is_plain_text(text);
    case value_kind::secret:
        return !text.empty();
    case value_kind::count:
        return in_bounds(row, parse_count(text));
    case value_kind::duration: {
        const auto value = parse_duration(text);
        return in_bounds(row, value ? std::optional(value->count()) : std::nullopt);
    }
    case value_kind::size:
        return in_bounds(row, parse_size(text));
    case value_kind::choice:
        return is_choice(row.choices, text);
    case value_kind::flag:
        return parse_flag(text).has_value();
    case value_kind::parent:
        return parse_flag(text).has_value() || in_bounds(row, parse_count(text));
    case value_kind::address:
        return is_plain_text(text) && parse_listen_address(text).has_value();
    case value_kind::range:
        return text == trusted_unix || address_block_from_text(text).has_value();
    case value_kind::origin:
        return is_origin(text);
    case value_kind::host:
        return is_host(text);
    case value_kind::url:
        return is_issuer(text);
    case value_kind::attempts:
        return parse_attempt_limit(text).has_value();
    case value_kind::hash_cost:
        return argon2_cost_from_text(text).has_value();
    }
    BOOST_ASSERT(false);
    return false;
}

} // namespace

std::string shown_name(const option_row& row) {
    return row.place == option_place::outside_only ? environment_name(row) : "--" + std::string(row.name);
}

option_error option_values::take(std::span<const raw_options* const> sources_by_rank) {
    for (const option_row& row : option_table()) {
        auto& value = slot(row.id);
        for (const raw_options* source : sources_by_rank) {
            if (!value && (*source)[row.id]) {
                value = (*source)[row.id];
            }
        }
        if (!value && !row.derived) {
            value = raw_value{{std::string(row.default_text)}, std::string(by_default)};
        }
        if (!value) {
            continue;
        }
        for (const std::string& text : value->texts) {
            if (!fits(row, text)) {
                const std::string_view shown = row.kind == value_kind::secret ? std::string_view() : text;
                return option_error_line(shown_name(row), shown, value->source, rule_of(row));
            }
        }
    }
    return std::nullopt;
}

bool option_values::given(option_id id) const {
    return at(id).has_value() && at(id)->source != by_default;
}

std::int64_t option_values::number(option_id id) const {
    const auto value = row_of(id).kind == value_kind::size ? parse_size(text(id)) : parse_count(text(id));
    BOOST_ASSERT(value);
    return *value;
}

seconds option_values::duration(option_id id) const {
    const auto value = parse_duration(text(id));
    BOOST_ASSERT(value);
    return *value;
}

bool option_values::flag(option_id id) const {
    return parse_flag(text(id)).value_or(false);
}

std::string option_values::complain(option_id id, std::string_view rule) const {
    const option_row& row = row_of(id);
    if (!has(id)) {
        return option_error_line(shown_name(row), {}, by_default, rule);
    }
    std::string all;
    for (const std::string& one : texts(id)) {
        all += (all.empty() ? "" : ", ") + one;
    }
    return option_error_line(shown_name(row), row.kind == value_kind::secret ? std::string() : all, source(id), rule);
}

} // namespace pawl::app
