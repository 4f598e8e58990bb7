// The members of a JSON object or the parameters of a form, in one shape: handlers are not told which it was.
#pragma once

#include "app/http/errors.hpp"
#include "core/secret.hpp"

#include <boost/container/small_vector.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

enum class parameter_kind : std::uint8_t { string, integer, real, boolean, null, array, object };
std::string_view to_text(parameter_kind kind); // "a string", "null" ...: for people

struct parameter {
    std::string name;
    parameter_kind kind = parameter_kind::null;
    secret_string text;             // string
    std::int64_t integer = 0;       // integer
    bool truth = false;             // boolean
    std::vector<std::string> texts; // array: its strings, none where it holds anything else
    bool only_texts = false;        // array: of nothing but strings
};

// In the order of the body. No name twice, but for those that the reader was told may repeat.
class parameters {
public:
    void add(parameter p) { all_.push_back(std::move(p)); }
    // The first of that name; null where absent.
    const parameter* find(std::string_view name) const;
    bool empty() const { return all_.empty(); }
    std::size_t size() const { return all_.size(); }
    std::span<const parameter> all() const { return {all_.data(), all_.size()}; }
    // A name given more than once that is none of `may_repeat`; else empty.
    std::string_view repeated_name(std::span<const std::string_view> may_repeat = {}) const;

private:
    boost::container::small_vector<parameter, 4> all_; // as many as nearly every body has need no memory of their own
};

// Why a body could not be read. `problem` is one of malformed_json, malformed_form, duplicate_parameter; where
// `not_an_object`, it is well-formed JSON but no object (422).
struct body_refusal {
    request_problem problem{};
    std::string detail{}; // a sentence
    bool not_an_object = false;
};

using body_result = boost::system::result<parameters, body_refusal>;
[[noreturn]] void throw_exception_from_error(const body_refusal& r, const boost::source_location& where);

} // namespace pawl::app
