#include "app/dev/json_lines.hpp"

#include "app/http/json_body.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace pawl::app {

namespace {

namespace json = boost::json;
using json::error_code;
using json::string_view;

// Fed by the parser, one line at a time: what it is told of lies on the line that is being read.
class line_finder {
public:
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = json_size_max;
    static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

    std::string_view wanted;
    std::size_t line = 1;
    std::size_t found =
        0; // the line of the longest beginning of `wanted` so far; at first that of the document's value

    bool on_document_begin(error_code& /*ec*/) { return true; }
    bool on_document_end(error_code& /*ec*/) { return true; }
    bool on_object_begin(error_code& /*ec*/) { return open(false); }
    bool on_object_end(std::size_t /*n*/, error_code& /*ec*/) { return close(); }
    bool on_array_begin(error_code& /*ec*/) { return open(true); }
    bool on_array_end(std::size_t /*n*/, error_code& /*ec*/) { return close(); }
    bool on_key_part(string_view s, std::size_t /*n*/, error_code& /*ec*/) {
        key_.append(s.data(), s.size());
        return true;
    }
    bool on_key(string_view s, std::size_t /*n*/, error_code& ec) {
        key_.append(s.data(), s.size());
        level& here = levels_.back();
        path_.resize(here.path_size);
        path_.append(path_.empty() ? "" : ".").append(key_);
        const bool fresh = here.names.insert(std::move(key_)).second;
        key_.clear();
        note();
        if (!fresh) {
            ec = json::error::not_found; // any error stops the parser here
        }
        return fresh;
    }
    bool on_string_part(string_view /*s*/, std::size_t /*n*/, error_code& /*ec*/) { return begin_value(); }
    bool on_string(string_view /*s*/, std::size_t /*n*/, error_code& /*ec*/) { return element(); }
    bool on_number_part(string_view /*s*/, error_code& /*ec*/) { return begin_value(); }
    bool on_int64(std::int64_t /*i*/, string_view /*s*/, error_code& /*ec*/) { return element(); }
    bool on_uint64(std::uint64_t /*u*/, string_view /*s*/, error_code& /*ec*/) { return element(); }
    bool on_double(double /*d*/, string_view /*s*/, error_code& /*ec*/) { return element(); }
    bool on_bool(bool /*b*/, error_code& /*ec*/) { return element(); }
    bool on_null(error_code& /*ec*/) { return element(); }
    bool on_comment_part(string_view /*s*/, error_code& /*ec*/) { return true; }
    bool on_comment(string_view /*s*/, error_code& /*ec*/) { return true; }

private:
    struct level {
        bool is_array;
        std::size_t path_size; // of the container itself
        std::size_t next = 0;  // element, in an array
        std::set<std::string> names;
    };

    // A value that came in parts has the line of its first part.
    bool begin_value() {
        first_part_ = first_part_ == 0 ? line : first_part_;
        return true;
    }
    bool element() {
        if (levels_.empty()) {
            found = first_part_ == 0 ? line : first_part_;
        } else if (levels_.back().is_array) {
            level& here = levels_.back();
            path_.resize(here.path_size);
            path_.append("[").append(std::to_string(here.next++)).append("]");
            note();
        }
        first_part_ = 0;
        return true;
    }
    bool open(bool is_array) {
        element();
        levels_.push_back({is_array, path_.size(), 0, {}});
        return true;
    }
    bool close() {
        path_.resize(levels_.back().path_size);
        levels_.pop_back();
        return true;
    }
    void note() {
        if (path_.size() <= found_size_ || !wanted.starts_with(path_)) {
            return;
        }
        const std::string_view rest = wanted.substr(path_.size());
        if (rest.empty() || rest.front() == '.' || rest.front() == '[') {
            found = first_part_ == 0 ? line : first_part_;
            found_size_ = path_.size();
        }
    }

    std::vector<level> levels_;
    std::string path_, key_;
    std::size_t found_size_ = 0;
    std::size_t first_part_ = 0; // 0: the value under way has no part yet
};

struct line_search {
    std::size_t found = 0, fault = 0;
};

line_search search(std::string_view text, std::string_view path) {
    json::parse_options options;
    options.max_depth = json_depth_max;
    json::basic_parser<line_finder> parser(options);
    parser.handler().wanted = path;
    error_code ec;
    while (!ec) {
        const std::size_t end = text.find('\n');
        const std::size_t size = end == std::string_view::npos ? text.size() : end + 1;
        const bool more = size < text.size();
        const std::size_t taken = parser.write_some(more, text.data(), size, ec);
        if (ec || taken < size) { // what follows the document is a fault, too
            return {parser.handler().found, parser.handler().line};
        }
        if (!more) {
            return {parser.handler().found, 0};
        }
        text.remove_prefix(size);
        ++parser.handler().line;
    }
    return {};
}

} // namespace

std::size_t line_of_json(std::string_view text, std::string_view path) {
    return search(text, path).found;
}

std::size_t line_of_json_fault(std::string_view text) {
    return search(text, {}).fault;
}

} // namespace pawl::app
