#include "tools/client/sse_parser.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace pawl::tools {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::uint32_t retry_max = 24 * 3600 * 1000; // ms; a larger one is not taken

} // namespace

bool sse_parser::feed(std::string_view bytes, std::vector<sse_event>& out) {
    while (!bytes.empty() && !too_large_) {
        if (std::exchange(after_cr_, false) && bytes.front() == '\n') { // one end of a line in two bytes
            bytes.remove_prefix(1);
            continue;
        }
        const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
        if (line_.size() + end > sse_line_size_max) {
            too_large_ = true;
            break;
        }
        line_.append(bytes.substr(0, end));
        if (end == bytes.size()) {
            break;
        }
        after_cr_ = bytes[end] == '\r';
        bytes.remove_prefix(end + 1);
        too_large_ = !take_line(out);
        line_.clear();
    }
    return !too_large_;
}

bool sse_parser::take_line(std::vector<sse_event>& out) {
    std::string_view line = line_;
    if (!std::exchange(begun_, true) && line.starts_with(byte_order_mark)) {
        line.remove_prefix(byte_order_mark.size());
    }
    if (line.empty()) {
        end_block(out);
        return true;
    }
    const std::size_t colon = line.find(':');
    if (colon == 0) { // a comment
        return true;
    }
    std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) {
        value.remove_prefix(1);
    }
    take_field(line.substr(0, colon), value);
    return data_.size() <= sse_data_size_max;
}

void sse_parser::take_field(std::string_view name, std::string_view value) {
    if (name == "data") {
        data_ += has_data_ ? "\n" : "";
        data_ += value;
        has_data_ = true;
    } else if (name == "event") {
        type_ = value;
    } else if (name == "id") {
        if (value.find('\0') == std::string_view::npos) {
            id_ = value;
        }
    } else if (name == "retry") {
        std::uint32_t ms = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), ms);
        if (error == std::errc() && end == value.data() + value.size() && ms <= retry_max) {
            retry_ = std::chrono::milliseconds(ms);
        }
    }
}

void sse_parser::end_block(std::vector<sse_event>& out) {
    last_id_ = id_;
    if (has_data_) {
        out.push_back({id_, type_.empty() ? "message" : std::move(type_), std::move(data_)});
    }
    type_.clear();
    data_.clear();
    has_data_ = false;
}

} // namespace pawl::tools
