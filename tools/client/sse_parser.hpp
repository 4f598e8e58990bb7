// Server-sent events as they come off a connection (WHATWG HTML, "Interpreting an event stream"), in pieces of any
// size.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::tools {

// Bounds of a block: what is between two blank lines.
inline constexpr std::size_t sse_line_size_max = std::size_t{1} << 20U;
inline constexpr std::size_t sse_data_size_max = std::size_t{1} << 20U;

struct sse_event {
    std::string id, type, data; // id: the last one given, by this block or one before; type: "message" where none is
    bool operator==(const sse_event&) const = default;
};

class sse_parser {
public:
    // Takes the next bytes and appends the events that they end. False, from then on, where a line or an event's data
    // are beyond their bound.
    bool feed(std::string_view bytes, std::vector<sse_event>& out);

    // Of the blocks that have ended, also of those without data; empty: none was given.
    const std::string& last_id() const { return last_id_; }
    // How long the server asks to wait before coming back.
    std::optional<std::chrono::milliseconds> retry() const { return retry_; }

private:
    bool take_line(std::vector<sse_event>& out);
    void take_field(std::string_view name, std::string_view value);
    void end_block(std::vector<sse_event>& out);

    std::string line_, id_, last_id_, type_, data_;
    std::optional<std::chrono::milliseconds> retry_;
    bool begun_ = false, after_cr_ = false, has_data_ = false, too_large_ = false;
};

} // namespace pawl::tools
