#include "app/http/form.hpp"

#include "core/text/utf8.hpp"

#include <boost/url/decode_view.hpp>
#include <boost/url/encoding_opts.hpp>
#include <boost/url/pct_string_view.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace pawl::app {

namespace {

namespace urls = boost::urls;
using secret_chars = std::vector<char, wiping_allocator<char>>;

// Nothing for a bad %XX. What it gives points into `piece`, or into `room` where something had to be decoded.
std::optional<std::string_view> decode(std::string_view piece, secret_chars& room) {
    // Names and tokens nearly always are what they stand for: two searches instead of a look at each character.
    if (piece.find('%') == std::string_view::npos && piece.find('+') == std::string_view::npos) {
        return piece;
    }
    const auto checked = urls::make_pct_string_view(urls::string_view(piece.data(), piece.size()));
    if (checked.has_error()) {
        return std::nullopt;
    }
    urls::encoding_opts options;
    options.space_as_plus = true; // the default in params_view, but not in encoding_opts
    const urls::decode_view decoded(*checked, options);
    room.clear();
    room.reserve(piece.size());
    std::copy(decoded.begin(), decoded.end(), std::back_inserter(room));
    return std::string_view(room.data(), room.size());
}

} // namespace

body_result read_repeating_form(std::string_view body) {
    parameters all;
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('&'), body.size());
        const std::string_view piece = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (piece.empty()) {
            continue;
        }
        const std::size_t equals = std::min(piece.find('='), piece.size());
        secret_chars name_room, value_room;
        const auto name = decode(piece.substr(0, equals), name_room);
        const auto value = decode(piece.substr(std::min(equals + 1, piece.size())), value_room);
        if (!name || !value) {
            return body_refusal{request_problem::malformed_form, "A percent sign is not followed by two hex digits."};
        }
        if (name->empty()) {
            return body_refusal{request_problem::malformed_form, "A parameter has no name."};
        }
        if (!is_utf8(*name) || !is_utf8(*value)) {
            return body_refusal{request_problem::malformed_form, "The form is not in UTF-8."};
        }
        parameter p;
        p.name = *name;
        p.kind = parameter_kind::string;
        p.text = secret_string(*value);
        all.add(std::move(p));
    }
    return all;
}

body_result read_form(std::string_view body, std::span<const std::string_view> may_repeat) {
    body_result all = read_repeating_form(body);
    const std::string_view twice = all ? all->repeated_name(may_repeat) : std::string_view();
    if (!twice.empty()) {
        return body_refusal{request_problem::duplicate_parameter,
                            "The parameter " + std::string(twice) + " is given twice."};
    }
    return all;
}

} // namespace pawl::app
