// What a mail server answers (RFC 5321): lines of a code of three digits, the last of which has no hyphen after it.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::app {

inline constexpr std::size_t smtp_line_size_max = 2 * 1024; // RFC 5321 has 512; some servers write more
inline constexpr std::size_t smtp_reply_lines_max = 100;

struct smtp_reply {
    unsigned code = 0;
    std::string text; // the lines as they came, without their ends, a newline between two; other control bytes are '?'

    bool is_positive() const { return code >= 200 && code < 300; }
    bool is_for_now() const { return code >= 400 && code < 500; }
};

class smtp_reply_reader {
public:
    enum class state : std::uint8_t {
        more,   // the reply goes on
        whole,  // it is reply() until the next take()
        broken, // it is none, now or before
    };

    // Takes bytes up to the end of one reply, and removes from `bytes` what it took.
    state take(std::string_view& bytes);
    const smtp_reply& reply() const { return reply_; }

private:
    state end_line();

    smtp_reply reply_;
    std::string line_;
    std::size_t lines_ = 0;
    state state_ = state::whole;
};

} // namespace pawl::app
