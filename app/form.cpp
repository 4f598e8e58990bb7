#include "app/form.hpp"

#include "app/utf8.hpp"

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

// Nothing for a bad %XX.
std::optional<secret_chars> decode(std::string_view piece) {
    const auto checked = urls::make_pct_string_view(urls::string_view(piece.data(), piece.size()));
    if (checked.has_error()) {
        return std::nullopt;
    }
    urls::encoding_opts options;
    options.space_as_plus = true; // the default in params_view, but not in encoding_opts
    const urls::decode_view decoded(*checked, options);
    secret_chars chars;
    chars.reserve(piece.size());
    std::copy(decoded.begin(), decoded.end(), std::back_inserter(chars));
    return chars;
}

std::string_view view_of(const secret_chars& chars) {
    return {chars.data(), chars.size()};
}

} // namespace

body_result read_form(std::string_view body) {
    parameters all;
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('&'), body.size());
        const std::string_view piece = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (piece.empty()) {
            continue;
        }
        const std::size_t equals = std::min(piece.find('='), piece.size());
        const auto name = decode(piece.substr(0, equals));
        const auto value = decode(piece.substr(std::min(equals + 1, piece.size())));
        if (!name || !value) {
            return body_refusal{request_problem::malformed_form, "A percent sign is not followed by two hex digits."};
        }
        if (name->empty()) {
            return body_refusal{request_problem::malformed_form, "A parameter has no name."};
        }
        if (!is_utf8(view_of(*name)) || !is_utf8(view_of(*value))) {
            return body_refusal{request_problem::malformed_form, "The form is not in UTF-8."};
        }
        parameter p;
        p.name = view_of(*name);
        p.kind = parameter_kind::string;
        p.text = secret_string(view_of(*value));
        all.add(std::move(p));
    }
    const std::string_view twice = all.repeated_name();
    if (!twice.empty()) {
        return body_refusal{request_problem::duplicate_parameter,
                            "The parameter " + std::string(twice) + " is given twice."};
    }
    return all;
}

} // namespace pawl::app
