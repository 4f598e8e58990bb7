// What a route may answer beside success, as its row lists it: the OpenAPI document is made from these lists, and the
// tests of handlers hold every answer against them.
#pragma once

#include "app/http/errors.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace pawl::app {

// How the body of an error looks: problem details (RFC 9457), RFC 6749 5.2 at /token, or a page for people.
enum class error_style : std::uint8_t { problem, oauth, page };

struct refusal {
    cause why;
    bool has_example = true; // of the document: the sentence of the error table
};

// A list of causes in the order given, each once. Made at compile time; one that is too long does not compile.
class refusal_list {
public:
    static constexpr std::size_t size_max = 32;

    constexpr const refusal* begin() const { return all_.data(); }
    constexpr const refusal* end() const { return all_.data() + size_; }
    constexpr std::size_t size() const { return size_; }
    constexpr error_style style() const { return style_; }
    constexpr bool contains(cause c) const {
        for (const refusal& r : *this) {
            if (r.why == c) {
                return true;
            }
        }
        return false;
    }

    constexpr void add(refusal r) {
        if (!contains(r.why)) {
            all_.at(size_) = r;
            ++size_;
        }
    }
    constexpr void add(cause why) { add(refusal{why}); }
    constexpr void add(const refusal_list& list) {
        for (const refusal& r : list) {
            add(r);
        }
    }
    constexpr void say_as(error_style style) { style_ = style; }

private:
    std::array<refusal, size_max> all_{};
    std::uint8_t size_ = 0;
    error_style style_ = error_style::problem;
};

// Each of `parts` is an errc, a request_problem, in_other_words() of one, or another list.
template <class... Part>
consteval refusal_list refuses(const Part&... parts) {
    refusal_list list;
    (list.add(parts), ...);
    return list;
}
template <class... Part>
consteval refusal_list refuses_as_oauth(const Part&... parts) {
    refusal_list list = refuses(parts...);
    list.say_as(error_style::oauth);
    return list;
}
template <class... Part>
consteval refusal_list refuses_by_page(const Part&... parts) {
    refusal_list list = refuses(parts...);
    list.say_as(error_style::page);
    return list;
}
// The handler has a sentence of its own for it, so an example with the table's would be wrong.
consteval refusal in_other_words(cause why) {
    return {why, false};
}

// What reading a body or the query refuses (app/handler/support.hpp).
inline constexpr refusal_list json_body = refuses(request_problem::malformed_json, request_problem::duplicate_parameter,
                                                  request_problem::unsupported_media_type, errc::validation_failed);
inline constexpr refusal_list json_or_form_body =
    refuses(request_problem::malformed_json, request_problem::malformed_form, request_problem::duplicate_parameter,
            request_problem::unsupported_media_type, errc::validation_failed);
inline constexpr refusal_list query_string =
    refuses(request_problem::malformed_form, request_problem::duplicate_parameter, errc::validation_failed);

} // namespace pawl::app
