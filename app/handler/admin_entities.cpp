#include "app/handler/admin_entities.hpp"

#include "app/http/json_body.hpp"
#include "app/http/json_tree.hpp"
#include "core/text/ascii.hpp"

namespace pawl::app {

namespace {

std::string encoded_segment(std::string_view name) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : name) {
        if (is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += digits[byte >> 4U];
            out += digits[byte & 0xFU];
        }
    }
    return out;
}

} // namespace

std::string decoded_segment(std::string_view segment) {
    std::string out;
    for (std::size_t i = 0; i < segment.size(); ++i) {
        const bool escaped =
            segment[i] == '%' && segment.size() - i > 2 && is_hex(segment[i + 1]) && is_hex(segment[i + 2]);
        if (segment[i] == '%' && !escaped) {
            return std::string(segment);
        }
        if (escaped) {
            out += static_cast<char>(hex_value(segment[i + 1]) * 16 + hex_value(segment[i + 2]));
            i += 2;
        } else {
            out += segment[i];
        }
    }
    return out;
}

meaning<boost::json::object> read_object(const http_request& request) {
    const body_outcome read = read_body(request, body_kinds::json); // says what is wrong with it; structure is lost
    if (const auto* failed = std::get_if<body_failure>(&read)) {
        return failed->as_problem();
    }
    if (request.body.empty()) {
        return boost::json::object();
    }
    tree_result tree = read_json_tree(request.body, json_size_max);
    if (tree.has_error()) {
        return problem_response(request_problem::malformed_json, sentence_of(tree.error()));
    }
    return *std::move(tree);
}

http_response created(std::string_view collection, std::string_view name, std::string body) {
    http_response response = json_answer(201, std::move(body));
    response.headers.emplace_back("Location", std::string(collection) + "/" + encoded_segment(name));
    return response;
}

http_response done_or_refused(const app_context& context, const http_request& request, const result<void>& outcome) {
    return outcome ? no_content() : refuse_operator(context, request, outcome.error());
}

} // namespace pawl::app
