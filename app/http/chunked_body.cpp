#include "app/http/chunked_body.hpp"

#include "core/text/ascii.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <cstring>

namespace pawl::app {
namespace {

constexpr std::string_view line_end = "\r\n";

// Up to the line's end: ";name=value" of any chunk-ext, or the white space before it.
bool is_good_extension(std::string_view text) {
    const auto is_allowed = [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; };
    return text.empty() || (text.size() <= chunk_extension_size_max &&
                            std::string_view("; \t").find(text.front()) != std::string_view::npos &&
                            std::all_of(text.begin(), text.end(), is_allowed));
}

} // namespace

chunked_body::step chunked_body::refuse(head_refusal why) {
    why_ = why;
    return step::refused;
}

chunked_body::step chunked_body::take_size_line(std::string_view rest, std::size_t& used) {
    const std::size_t line_feed = rest.substr(0, chunk_line_size_max).find('\n');
    if (line_feed == std::string_view::npos) {
        return rest.size() < chunk_line_size_max ? step::more : refuse(head_refusal::bad_chunking);
    }
    if (line_feed == 0 || rest[line_feed - 1] != '\r') {
        return refuse(head_refusal::bad_chunking);
    }
    const std::string_view line = rest.substr(0, line_feed - 1);
    const auto digits = static_cast<std::size_t>(std::find_if_not(line.begin(), line.end(), is_hex) - line.begin());
    if (digits == 0 || digits > chunk_size_digits_max || !is_good_extension(line.substr(digits))) {
        return refuse(head_refusal::bad_chunking);
    }
    std::size_t size = 0;
    for (const char c : line.substr(0, digits)) {
        size = size * 16 + static_cast<std::size_t>(hex_value(c));
    }
    if (size > body_size_max - size_) {
        return refuse(head_refusal::body_too_large);
    }
    used = line_feed + 1;
    chunk_left_ = size;
    next_ = size == 0 ? part::last_line : part::data;
    return step::done;
}

// Exactly CR LF: anything else is a chunk longer than it said, or a trailer.
chunked_body::step chunked_body::take_line_end(std::string_view rest, std::size_t& used) {
    const std::string_view seen = rest.substr(0, line_end.size());
    if (seen != line_end.substr(0, seen.size())) {
        return refuse(head_refusal::bad_chunking);
    }
    if (seen.size() < line_end.size()) {
        return step::more;
    }
    used = line_end.size();
    return step::done;
}

chunked_body::outcome chunked_body::decode(std::span<char> bytes) {
    BOOST_ASSERT(why_ == head_refusal::none && bytes.size() >= size_);
    const std::string_view all(bytes.data(), bytes.size());
    std::size_t at = size_;
    step last = step::done;
    bool complete = false;
    while (last == step::done && !complete) {
        const std::string_view rest = all.substr(at);
        std::size_t used = 0;
        switch (next_) {
        case part::size_line:
            last = take_size_line(rest, used);
            break;
        case part::data:
            used = std::min(rest.size(), chunk_left_);
            std::memmove(bytes.data() + size_, rest.data(), used);
            size_ += used;
            chunk_left_ -= used;
            last = chunk_left_ == 0 ? step::done : step::more;
            next_ = chunk_left_ == 0 ? part::data_end : part::data;
            break;
        case part::data_end:
            last = take_line_end(rest, used);
            next_ = last == step::done ? part::size_line : part::data_end;
            break;
        case part::last_line:
            last = take_line_end(rest, used);
            complete = last == step::done;
            break;
        }
        at += used;
        wire_ += used;
        if (wire_ > chunked_wire_size_max && last != step::refused) {
            last = refuse(head_refusal::body_too_large);
        }
    }
    std::memmove(bytes.data() + size_, bytes.data() + at, bytes.size() - at);
    end_ = size_ + bytes.size() - at;
    if (last == step::refused) {
        return outcome::refused;
    }
    return complete ? outcome::complete : outcome::incomplete;
}

} // namespace pawl::app
