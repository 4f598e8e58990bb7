// The process's own log: one line an event to stderr, as text or JSON. Not the audit trail (that is the event log).
// Nothing secret goes in: no body, no Authorization, no query, no token.
#pragma once

#include "app/config/log_settings.hpp"

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace pawl::app {

// The log's buffer between its callers and the pipe; lines beyond it are dropped and counted.
inline constexpr std::size_t log_buffer_size_max = 1024 * 1024;
inline constexpr std::size_t log_value_size_max = 1024;              // of one field; longer ones are cut
inline constexpr std::chrono::milliseconds log_flush_time_max{1000}; // at the end of the process

struct log_field {
    std::string_view name; // static text: snake_case
    std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

    log_field(std::string_view n, std::string_view v) : name(n), value(v) {}
    log_field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
    log_field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
    log_field(std::string_view n, bool v) : name(n), value(v) {}
    log_field(std::string_view n, double v) : name(n), value(v) {}
    log_field(std::string_view n, std::int64_t v) : name(n), value(v) {}
    log_field(std::string_view n, int v) : name(n), value(std::int64_t{v}) {}
    log_field(std::string_view n, std::uint64_t v) : name(n), value(v) {}
    log_field(std::string_view n, unsigned v) : name(n), value(std::uint64_t{v}) {}
};

// One line without its newline. Values are cut at log_value_size_max; control bytes, bytes that are no UTF-8 and line
// separators are escaped, so that no value can forge a line or reach a terminal. Pure.
std::string format_log_line(log_level level, log_format format, std::string_view event,
                            std::initializer_list<log_field> fields, std::chrono::system_clock::time_point at);

// Any thread may log; a call formats, appends to a bounded buffer and returns. A thread of its own writes to the
// descriptor. When the reader of a pipe stands still, lines are dropped, counted, and reported by a line of their own
// once it moves again; nothing ever waits for it.
class logger {
public:
    // `descriptor` stays the caller's. Starts the thread (signals blocked in it).
    logger(log_level level, log_format format, int descriptor = 2);
    // Writes what is left for at most log_flush_time_max, then gives up on it.
    ~logger();
    logger(const logger&) = delete;
    logger& operator=(const logger&) = delete;

    bool enabled(log_level level) const noexcept;
    void set_level(log_level level) noexcept;
    // `event` is static text, "server.started"; fields are copied before it returns.
    void write(log_level level, std::string_view event, std::initializer_list<log_field> fields = {}) noexcept;
    void debug(std::string_view event, std::initializer_list<log_field> fields = {}) noexcept {
        write(log_level::debug, event, fields);
    }
    void info(std::string_view event, std::initializer_list<log_field> fields = {}) noexcept {
        write(log_level::info, event, fields);
    }
    void warn(std::string_view event, std::initializer_list<log_field> fields = {}) noexcept {
        write(log_level::warn, event, fields);
    }
    void error(std::string_view event, std::initializer_list<log_field> fields = {}) noexcept {
        write(log_level::error, event, fields);
    }
    // Lines dropped since the start.
    std::uint64_t dropped() const noexcept;
    // Waits until all that was logged before is written, at most `limit`; false when it was not.
    bool flush(std::chrono::milliseconds limit) noexcept;

private:
    struct state;
    std::shared_ptr<state> state_; // shared with the thread, which may outlast us on a stuck pipe
};

} // namespace pawl::app
