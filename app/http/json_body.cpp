#include "app/http/json_body.hpp"

#include <boost/container/small_vector.hpp>
#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace pawl::app {

namespace {

namespace json = boost::json;
using json::error_code;
using json::string_view;

// Fed by the parser. Returning false with `ec` set stops it.
class object_collector {
public:
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = json_size_max;
    static constexpr std::size_t max_string_size = json_size_max;

    parameters members;
    bool is_object = false;
    std::string repeated; // a name given twice, escaped nowhere: for the sentence only
    bool has_repeated = false;

    bool on_document_begin(error_code& /*ec*/) { return true; }
    bool on_document_end(error_code& /*ec*/) { return true; }

    bool on_object_begin(error_code& /*ec*/) {
        if (depth_ == 0) {
            is_object = true;
        }
        note_element();
        open();
        return true;
    }
    bool on_object_end(std::size_t /*n*/, error_code& ec) {
        auto& names = names_.back();
        std::ranges::sort(names);
        const auto twice = std::ranges::adjacent_find(names);
        if (twice != names.end()) {
            repeated = *twice;
            has_repeated = true;
            ec = json::error::not_found; // any error: the caller looks at has_repeated
            return false;
        }
        close();
        return plain(parameter_kind::object);
    }
    bool on_array_begin(error_code& /*ec*/) {
        note_element();
        open();
        if (is_object && depth_ == 2) {
            array_ = {};
            array_.only_texts = true;
            in_array_ = true;
        }
        return true;
    }
    bool on_array_end(std::size_t /*n*/, error_code& /*ec*/) {
        close();
        if (keeps()) {
            array_.name = member_name_;
            array_.kind = parameter_kind::array;
            if (!array_.only_texts) {
                array_.texts.clear();
            }
            members.add(std::move(array_));
            in_array_ = false;
        }
        return true;
    }

    bool on_key_part(string_view s, std::size_t /*n*/, error_code& /*ec*/) {
        key_.append(s.data(), s.size());
        return true;
    }
    bool on_key(string_view s, std::size_t /*n*/, error_code& /*ec*/) {
        key_.append(s.data(), s.size());
        names_.back().push_back(key_);
        if (depth_ == 1) {
            member_name_ = key_;
        }
        key_.clear();
        return true;
    }
    bool on_string_part(string_view s, std::size_t /*n*/, error_code& /*ec*/) {
        text_.insert(text_.end(), s.begin(), s.end());
        return true;
    }
    bool on_string(string_view s, std::size_t /*n*/, error_code& /*ec*/) {
        if (!text_.empty()) {
            text_.insert(text_.end(), s.begin(), s.end());
        }
        // Without an escape in it, the text came whole.
        const std::string_view text =
            text_.empty() ? std::string_view(s.data(), s.size()) : std::string_view(text_.data(), text_.size());
        if (keeps()) {
            parameter p = named(parameter_kind::string);
            p.text = secret_string(text);
            members.add(std::move(p));
        } else if (in_array_ && depth_ == 2) {
            array_.texts.emplace_back(text);
        }
        text_.clear();
        return true;
    }
    bool on_number_part(string_view /*s*/, error_code& /*ec*/) { return true; }
    bool on_int64(std::int64_t i, string_view /*s*/, error_code& /*ec*/) {
        note_element();
        if (keeps()) {
            parameter p = named(parameter_kind::integer);
            p.integer = i;
            members.add(std::move(p));
        }
        return true;
    }
    bool on_uint64(std::uint64_t /*u*/, string_view /*s*/, error_code& /*ec*/) { return plain(parameter_kind::real); }
    bool on_double(double /*d*/, string_view /*s*/, error_code& /*ec*/) { return plain(parameter_kind::real); }
    bool on_bool(bool b, error_code& /*ec*/) {
        note_element();
        if (keeps()) {
            parameter p = named(parameter_kind::boolean);
            p.truth = b;
            members.add(std::move(p));
        }
        return true;
    }
    bool on_null(error_code& /*ec*/) { return plain(parameter_kind::null); }
    bool on_comment_part(string_view /*s*/, error_code& /*ec*/) { return true; }
    bool on_comment(string_view /*s*/, error_code& /*ec*/) { return true; }

private:
    // Values directly inside the top-level object are the ones that matter.
    bool keeps() const { return is_object && depth_ == 1; }

    parameter named(parameter_kind kind) const {
        parameter p;
        p.name = member_name_;
        p.kind = kind;
        return p;
    }
    bool plain(parameter_kind kind) {
        note_element();
        if (keeps()) {
            members.add(named(kind));
        }
        return true;
    }
    // Something that is no string: where it is an element of a top-level array, that is not one of strings.
    void note_element() {
        if (in_array_ && depth_ == 2) {
            array_.only_texts = false;
        }
    }
    void open() {
        ++depth_;
        names_.emplace_back();
    }
    void close() {
        --depth_;
        names_.pop_back();
    }

    std::size_t depth_ = 0;
    // Of each object (or array: none) that is open. A body of a few members at one level needs no memory.
    using names_of_one = boost::container::small_vector<std::string, 4>;
    boost::container::small_vector<names_of_one, 1> names_;
    std::string key_;
    std::string member_name_;
    parameter array_;       // the top-level array that is open, or was last
    bool in_array_ = false; // one is
    std::vector<char, wiping_allocator<char>> text_;
};

} // namespace

body_result read_json_object(std::string_view body, std::size_t size_max) {
    if (body.size() > size_max) {
        return body_refusal{request_problem::malformed_json, "The JSON is larger than 16 KiB."};
    }
    json::parse_options options; // the default is strict: no comments, no trailing commas, valid UTF-8
    options.max_depth = json_depth_max;
    json::basic_parser<object_collector> parser(options);
    error_code ec;
    const std::size_t used = parser.write_some(false, body.data(), body.size(), ec);
    object_collector& collected = parser.handler();
    if (collected.has_repeated) {
        return body_refusal{request_problem::duplicate_parameter,
                            "The member " + collected.repeated + " is given twice."};
    }
    if (ec == json::error::too_deep) {
        return body_refusal{request_problem::malformed_json, "The JSON is nested too deeply."};
    }
    if (ec || !parser.done() || used != body.size()) {
        return body_refusal{request_problem::malformed_json};
    }
    if (!collected.is_object) {
        return body_refusal{request_problem::malformed_json, "The JSON is not an object.", true};
    }
    return std::move(collected.members);
}

} // namespace pawl::app
