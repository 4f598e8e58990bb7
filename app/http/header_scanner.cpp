#include "app/http/head_check.hpp"
#include "app/http/request_target.hpp"

#include "core/text/plain_text.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace pawl::app {
namespace {

bool has_control_byte(std::string_view text) {
    const auto is_control = [](char c) {
        const auto b = static_cast<unsigned char>(c);
        return (b < 0x20 && b != '\t') || b == 0x7f;
    };
    constexpr std::size_t eight = sizeof(std::uint64_t);
    if (text.size() < eight) {
        return std::any_of(text.begin(), text.end(), is_control);
    }
    for (std::size_t at = 0;; at = std::min(at + eight, text.size() - eight)) { // the last eight may be seen twice
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, text.data() + at, eight);
        const bool maybe = (marks_below(bytes, 0x20) | marks_equal(bytes, 0x7f)) != 0;
        if (maybe && std::any_of(text.begin() + static_cast<std::ptrdiff_t>(at),
                                 text.begin() + static_cast<std::ptrdiff_t>(at + eight), is_control)) {
            return true;
        }
        if (at + eight == text.size()) {
            return false;
        }
    }
}

// By the first control byte, so that it doesn't matter how the bytes arrived.
head_refusal why_control(std::string_view text) {
    if (!has_control_byte(text)) {
        return head_refusal::none;
    }
    const auto first = std::find_if(text.begin(), text.end(), [](char c) { return has_control_byte({&c, 1}); });
    return *first == '\r' ? head_refusal::bad_line_ending : head_refusal::control_byte;
}

// What a block that begins so may have. The path is told apart only once there is more than most may have.
std::size_t size_max_of(std::string_view bytes) {
    if (bytes.size() < header_block_size_max) {
        return header_block_size_max;
    }
    const std::size_t space = bytes.find(' ');
    const std::string_view target =
        space == std::string_view::npos ? std::string_view() : bytes.substr(space + 1, long_target_size_max);
    const bool may_be_long = takes_long_targets(target.substr(0, target.find_first_of("? \r\n")));
    return may_be_long ? long_header_block_size_max : header_block_size_max;
}

} // namespace

header_scanner::outcome header_scanner::scan(std::string_view bytes) {
    BOOST_ASSERT(bytes.size() >= seen_);
    const auto refuse = [this](head_refusal w) {
        why_ = w;
        return outcome::refused;
    };
    const std::size_t size_max = size_max_of(bytes);
    const std::string_view window = bytes.substr(0, size_max);
    while (seen_ < window.size()) {
        if (line_begin_ == seen_ && line_begin_ > 0 && (window[seen_] == ' ' || window[seen_] == '\t')) {
            return refuse(head_refusal::folded_field);
        }
        const std::size_t line_feed = window.find('\n', seen_);
        if (line_feed == std::string_view::npos) {
            // The last byte may be the CR of a CR LF still under way; it is looked at again with what follows.
            const std::size_t end = window.size() - (window.back() == '\r' ? 1 : 0);
            if (const head_refusal w = why_control(window.substr(seen_, end - seen_)); w != head_refusal::none) {
                return refuse(w);
            }
            seen_ = end;
            break;
        }
        const bool has_cr = line_feed > line_begin_ && window[line_feed - 1] == '\r';
        const std::string_view line = window.substr(line_begin_, line_feed - (has_cr ? 1 : 0) - line_begin_);
        if (const head_refusal w = why_control(line); w != head_refusal::none) {
            return refuse(w);
        }
        if (!has_cr) {
            return refuse(head_refusal::bad_line_ending);
        }
        const bool first = line_begin_ == 0;
        line_begin_ = seen_ = line_feed + 1;
        if (line.empty()) {
            return first ? refuse(head_refusal::bad_request_line) : outcome::complete;
        }
    }
    if (bytes.size() < size_max) {
        return outcome::incomplete;
    }
    return refuse(line_begin_ == 0 ? head_refusal::target_too_long : head_refusal::headers_too_large);
}

} // namespace pawl::app
