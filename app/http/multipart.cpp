#include "app/http/multipart.hpp"

#include "core/text/ascii.hpp"
#include "core/text/header_text.hpp"
#include "core/text/utf8.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace pawl::app {
namespace {

constexpr std::string_view line_end = "\r\n";

body_refusal malformed(std::string detail) {
    return {request_problem::malformed_form, std::move(detail)};
}

// RFC 2046 5.1.1: bchars; a space is allowed there, but no client sends one.
bool is_boundary(std::string_view text) {
    const auto is_allowed = [](char c) {
        return is_digit(c) || is_alpha(c) || std::string_view("'()+_,-./:=?").find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= multipart_boundary_size_max &&
           std::all_of(text.begin(), text.end(), is_allowed);
}

std::string_view without_quotes(std::string_view value) {
    const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
    return quoted ? value.substr(1, value.size() - 2) : value;
}

// The name of `form-data; name="..."`; std::nullopt for anything else, files included.
std::optional<std::string_view> name_of(std::string_view disposition) {
    if (!equals_ignoring_case(trim(take_until(disposition, ';')), "form-data")) {
        return std::nullopt;
    }
    const std::string_view parameter = trim(disposition);
    constexpr std::string_view before = "name=\"";
    if (parameter.size() <= before.size() || !equals_ignoring_case(parameter.substr(0, before.size()), before) ||
        parameter.back() != '"') {
        return std::nullopt;
    }
    const std::string_view name = parameter.substr(before.size(), parameter.size() - before.size() - 1);
    const bool plain = name.find_first_of("\"\\") == std::string_view::npos;
    return plain && !name.empty() ? std::optional(name) : std::nullopt;
}

// Takes the header lines of a part and the empty line after them off `rest`. std::nullopt where they do not end, or
// name no text parameter.
std::optional<std::string_view> take_part_name(std::string_view& rest) {
    std::optional<std::string_view> name;
    for (;;) {
        const std::size_t end = rest.find(line_end);
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + line_end.size());
        if (line.empty()) {
            return name;
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) {
            return std::nullopt;
        }
        if (equals_ignoring_case(line.substr(0, colon), "content-disposition")) {
            if (name) {
                return std::nullopt;
            }
            name = name_of(line.substr(colon + 1));
            if (!name) {
                return std::nullopt;
            }
        }
    }
}

} // namespace

std::string_view multipart_boundary(std::string_view content_type) {
    take_until(content_type, ';');
    while (!content_type.empty()) {
        const std::string_view parameter = trim(take_until(content_type, ';'));
        const std::size_t equals = std::min(parameter.find('='), parameter.size());
        if (equals_ignoring_case(parameter.substr(0, equals), "boundary") && equals < parameter.size()) {
            const std::string_view value = without_quotes(parameter.substr(equals + 1));
            return is_boundary(value) ? value : std::string_view();
        }
    }
    return {};
}

body_result read_multipart(std::string_view body, std::string_view boundary,
                           std::span<const std::string_view> may_repeat) {
    const std::string delimiter = "\r\n--" + std::string(boundary);
    if (!body.starts_with(std::string_view(delimiter).substr(line_end.size()))) {
        return malformed("The body does not begin with the boundary that its Content-Type names.");
    }
    std::string_view rest = body.substr(delimiter.size() - line_end.size());
    parameters all;
    while (rest.starts_with(line_end)) {
        rest.remove_prefix(line_end.size());
        const std::optional<std::string_view> name = take_part_name(rest);
        if (!name) {
            return malformed("A part of the form is no text parameter with a name.");
        }
        const std::size_t end = rest.find(delimiter);
        if (end == std::string_view::npos) {
            return malformed("A part of the form does not end with the boundary.");
        }
        if (!is_utf8(*name) || !is_utf8(rest.substr(0, end))) {
            return malformed("The form is not in UTF-8.");
        }
        if (all.size() == multipart_parts_max) {
            return malformed("The form has too many parts.");
        }
        parameter p;
        p.name = *name;
        p.kind = parameter_kind::string;
        p.text = secret_string(rest.substr(0, end));
        all.add(std::move(p));
        rest.remove_prefix(end + delimiter.size());
    }
    if (rest != "--" && rest != "--\r\n") {
        return malformed("The form does not end with its boundary.");
    }
    const std::string_view twice = all.repeated_name(may_repeat);
    if (!twice.empty()) {
        return body_refusal{request_problem::duplicate_parameter,
                            "The parameter " + std::string(twice) + " is given twice."};
    }
    return all;
}

} // namespace pawl::app
