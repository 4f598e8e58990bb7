// Strings whose memory goes round: what one answer was written in, the next one on the same thread is written in too,
// so that a request needs no memory once the server is warm.
#pragma once

#include <cstddef>
#include <string>

namespace pawl {

inline constexpr std::size_t spare_texts_max = 4; // a thread
inline constexpr std::size_t spare_text_size_max = 8192;

// Empty, with room where one was given back on this thread.
std::string take_pooled_string() noexcept;
// Wipes it (tokens are written in these) and keeps its memory, unless there are enough or it is too large.
void give_pooled_string(std::string&& text) noexcept;

} // namespace pawl
