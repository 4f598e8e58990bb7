#include "app/egress/message.hpp"

#include "core/capsule/body.hpp"

#include <algorithm>
#include <string_view>

namespace pawl::app {

namespace {

constexpr std::uint64_t of_http = 1; // the kind of a request, its first byte
constexpr unsigned status_min = 100, status_max = 599;

// No byte that ends a header's line or its name.
bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

bool is_visible(std::string_view text, bool blanks) {
    return std::ranges::all_of(text, [blanks](char c) { return (c > ' ' && c < '\x7f') || (blanks && c == ' '); });
}

bool is_sound(const egress_request& r) {
    return r.to == egress_place::webhook && is_token(r.method) && r.path.starts_with('/') &&
           is_visible(r.path, false) && !r.authority.empty() && is_visible(r.authority, false) &&
           r.path.size() <= egress_text_size_max && r.authority.size() <= egress_text_size_max &&
           r.method.size() <= egress_text_size_max && r.fields.size() <= egress_fields_max &&
           r.body.size() <= egress_body_size_max && r.answer_size_max <= egress_body_size_max &&
           std::ranges::all_of(r.fields, [](const auto& field) {
               return is_token(field.first) && is_visible(field.second, true) &&
                      field.first.size() <= egress_text_size_max && field.second.size() <= egress_text_size_max;
           });
}

} // namespace

std::optional<secret_bytes> to_message(const egress_request& request) {
    if (!is_sound(request)) {
        return std::nullopt;
    }
    body_writer out;
    out.number(of_http, 1);
    out.number(static_cast<std::uint64_t>(request.to), 1);
    out.number(request.answer_size_max, 4);
    out.text(request.method);
    out.text(request.path);
    out.text(request.authority);
    out.number(request.fields.size(), 1);
    for (const auto& [name, value] : request.fields) {
        out.text(name);
        out.text(value);
    }
    out.rest(request.body);
    return out.body();
}

std::optional<egress_request> egress_request_from(std::span<const std::uint8_t> message) {
    body_reader from(message);
    egress_request out;
    from.require(from.number(1) == of_http);
    out.to = static_cast<egress_place>(from.number(1));
    out.answer_size_max = from.number(4, egress_body_size_max);
    out.method = from.text(egress_text_size_max);
    out.path = from.text(egress_text_size_max);
    out.authority = from.text(egress_text_size_max);
    out.fields.resize(from.number(1, egress_fields_max));
    for (auto& [name, value] : out.fields) {
        name = from.text(egress_text_size_max);
        value = from.text(egress_text_size_max);
    }
    out.body = from.rest(egress_body_size_max);
    if (!from.done() || !is_sound(out)) {
        return std::nullopt;
    }
    return out;
}

secret_bytes to_message(const egress_answer& answer) {
    body_writer out;
    out.number(answer.status, 2);
    out.text(std::string_view(answer.why).substr(0, egress_why_size_max));
    out.rest(std::string_view(answer.body).substr(0, egress_body_size_max));
    return out.body();
}

std::optional<egress_answer> egress_answer_from(std::span<const std::uint8_t> message, std::size_t body_max) {
    body_reader from(message);
    egress_answer out;
    out.status = static_cast<unsigned>(from.number(2, status_max));
    out.why = from.text(egress_why_size_max);
    out.body = from.rest(body_max);
    from.require(out.status == 0 ? out.body.empty() : out.status >= status_min && out.why.empty());
    if (!from.done()) {
        return std::nullopt;
    }
    return out;
}

secret_bytes to_message(const egress_hello& hello) {
    body_writer out;
    out.number(hello.files ? 1 : 0, 1);
    out.number(hello.calls ? 1 : 0, 1);
    out.number(static_cast<std::uint64_t>(hello.landlock), 1);
    out.text(std::string_view(hello.why).substr(0, egress_why_size_max));
    return out.body();
}

std::optional<egress_hello> egress_hello_from(std::span<const std::uint8_t> message) {
    body_reader from(message);
    egress_hello out;
    out.files = from.number(1, 1) != 0;
    out.calls = from.number(1, 1) != 0;
    out.landlock = static_cast<int>(from.number(1));
    out.why = from.text(egress_why_size_max);
    if (!from.done()) {
        return std::nullopt;
    }
    return out;
}

} // namespace pawl::app
