// Decodes a body sent with `Transfer-Encoding: chunked` (RFC 9112 7.1), in the buffer where it lies: the bytes of the
// chunks move together, and what frames them goes. Pure; no allocation.
//
// Strict where a lenient reading could differ from that of a proxy in front: every line ends in CR LF, a size is one to
// eight hex digits, extensions are skipped but bounded, and trailers are refused, so that none can become a header.
#pragma once

#include "app/http/head_check.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace pawl::app {

class chunked_body {
public:
    enum class outcome : std::uint8_t { incomplete, complete, refused };

    // `bytes` is all that is buffered after the header block: first the size() bytes that are decoded already, then
    // what came since. Afterwards the first end() bytes of it are what is left: decoded ones, then those that are not
    // decoded yet or belong to the next request. The caller wipes the rest. Not to be called again after `complete` or
    // `refused`.
    outcome decode(std::span<char> bytes);

    std::size_t size() const { return size_; } // decoded bytes, at most body_size_max
    std::size_t end() const { return end_; }   // of what is left in the buffer
    head_refusal why() const { return why_; }  // where refused: bad_chunking or body_too_large
    void reset() { *this = chunked_body(); }

private:
    enum class part : std::uint8_t { size_line, data, data_end, last_line };
    enum class step : std::uint8_t { done, more, refused };

    step take_size_line(std::string_view rest, std::size_t& used);
    step take_line_end(std::string_view rest, std::size_t& used);
    step refuse(head_refusal why);

    part next_ = part::size_line;
    std::size_t chunk_left_ = 0; // of the chunk being read
    std::size_t size_ = 0, end_ = 0;
    std::size_t wire_ = 0; // bytes taken, framing included
    head_refusal why_ = head_refusal::none;
};

} // namespace pawl::app
