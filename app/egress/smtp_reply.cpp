#include "app/egress/smtp_reply.hpp"

#include <algorithm>

namespace pawl::app {

namespace {

constexpr std::size_t code_size = 3;

bool is_digit(char c, char least, char most) {
    return c >= least && c <= most;
}

// 0 if the line begins with no code.
unsigned code_of(std::string_view line) {
    if (line.size() < code_size || !is_digit(line[0], '2', '5') || !is_digit(line[1], '0', '9') ||
        !is_digit(line[2], '0', '9')) {
        return 0;
    }
    return static_cast<unsigned>((line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'));
}

} // namespace

smtp_reply_reader::state smtp_reply_reader::take(std::string_view& bytes) {
    if (state_ == state::whole) {
        reply_ = {};
        lines_ = 0;
        state_ = state::more;
    }
    while (state_ == state::more && !bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        line_ += bytes.substr(0, end);
        bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
        if (line_.size() > smtp_line_size_max) {
            return state_ = state::broken;
        }
        if (end != std::string_view::npos) {
            state_ = end_line();
        }
    }
    return state_;
}

smtp_reply_reader::state smtp_reply_reader::end_line() {
    if (line_.ends_with('\r')) {
        line_.pop_back();
    }
    const unsigned code = code_of(line_);
    const char after = line_.size() > code_size ? line_[code_size] : ' ';
    const bool is_line = code != 0 && (after == ' ' || after == '-') && (lines_ == 0 || code == reply_.code);
    if (!is_line || lines_ == smtp_reply_lines_max) {
        return state::broken;
    }
    ++lines_;
    reply_.code = code;
    std::ranges::replace_if(line_, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, '?');
    reply_.text += (lines_ > 1 ? "\n" : "") + line_;
    line_.clear();
    return after == '-' ? state::more : state::whole;
}

} // namespace pawl::app
