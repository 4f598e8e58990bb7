#include "app/process/logging.hpp"

#include "app/worker/signals_blocked.hpp"
#include "core/text/printable_text.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <limits.h>
#include <mutex>
#include <thread>
#include <utility>

namespace pawl::app {
namespace {

// Between quotes, as JSON wants it; the text format uses the same, so that one escape is known to readers.
void append_quoted(std::string& out, std::string_view text) {
    const bool cut = text.size() > log_value_size_max;
    text = text.substr(0, log_value_size_max);
    out.push_back('"');
    while (!text.empty()) {
        const auto c = static_cast<unsigned char>(text[0]);
        std::size_t size = 1;
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(text[0]);
        } else if (c >= 0x20 && c < 0x7f) {
            out.push_back(text[0]);
        } else if (const code_point whole = first_code_point(text); c >= 0x80 && whole.size > 0) {
            size = whole.size;
            if (is_hidden_code_point(whole.value)) {
                append_unicode_escape(out, whole.value);
            } else {
                out.append(text.substr(0, size));
            }
        } else {
            // A byte, not a code point, from 0x80 on; what matters is that it is harmless and visible.
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", c);
            out.append(escape);
        }
        text.remove_prefix(size);
    }
    out.append(cut ? "...\"" : "\"");
}

bool is_plain(std::string_view text) {
    return !text.empty() && text.size() <= log_value_size_max && std::all_of(text.begin(), text.end(), [](char c) {
        return c > 0x20 && c < 0x7f && c != '"' && c != '=' && c != '\\';
    });
}

void append_value(std::string& out, const log_field& field, log_format format) {
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        if (format == log_format::text && is_plain(*text)) {
            out.append(*text);
        } else {
            append_quoted(out, *text);
        }
    } else if (const auto* i = std::get_if<std::int64_t>(&field.value)) {
        out.append(std::to_string(*i));
    } else if (const auto* u = std::get_if<std::uint64_t>(&field.value)) {
        out.append(std::to_string(*u));
    } else if (const auto* b = std::get_if<bool>(&field.value)) {
        out.append(*b ? "true" : "false");
    } else {
        const double d = std::get<double>(field.value);
        char number[32];
        std::snprintf(number, sizeof number, "%.6g", d);
        const bool finite = d - d == 0;
        out.append(finite ? number : "null");
    }
}

void append_time(std::string& out, std::chrono::system_clock::time_point at) {
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(at);
    const auto s = std::chrono::floor<std::chrono::seconds>(ms);
    const std::time_t t = s.time_since_epoch().count();
    std::tm parts{};
    gmtime_r(&t, &parts);
    char text[40];
    const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    char fraction[8];
    std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>((ms - s).count()));
    out.append(text, size).append(fraction);
}

} // namespace

std::string format_log_line(log_level level, log_format format, std::string_view event,
                            std::initializer_list<log_field> fields, std::chrono::system_clock::time_point at) {
    std::string out;
    out.reserve(160);
    if (format == log_format::json) {
        out.append("{\"time\":\"");
        append_time(out, at);
        out.append("\",\"level\":\"").append(to_text(level)).append("\",\"event\":");
        append_quoted(out, event);
        for (const log_field& f : fields) {
            if (f.name.empty()) {
                continue;
            }
            out.append(",\"").append(f.name).append("\":");
            append_value(out, f, format);
        }
        out.push_back('}');
        return out;
    }
    append_time(out, at);
    out.append(" ").append(to_text(level)).append(to_text(level).size() < 5 ? "  " : " ").append(event);
    for (const log_field& f : fields) {
        if (f.name.empty()) {
            continue;
        }
        out.append(" ").append(f.name).append("=");
        append_value(out, f, format);
    }
    return out;
}

struct logger::state {
    std::atomic<log_level> level;
    const log_format format;
    const int descriptor;

    std::mutex mutex;
    std::condition_variable work, written;
    std::string buffer;      // guarded by mutex: lines not yet taken by the thread
    std::uint64_t taken = 0; // bytes appended to `buffer` ever, and of these written
    std::uint64_t done = 0;
    std::uint64_t drops_unreported = 0;
    bool stopping = false;
    bool ended = false;
    std::atomic<std::uint64_t> dropped{0};
    std::atomic<bool> gives_up{false};

    state(log_level l, log_format f, int d) : level(l), format(f), descriptor(d) {}

    // Writes without ever blocking for good: waits until the descriptor takes something, in steps, so that the end of
    // the process is noticed. At most PIPE_BUF at once, which a pipe that polls writable takes without blocking. The
    // descriptor is not made non-blocking: stderr is shared with others.
    void write_out(std::string_view text) {
        while (!text.empty() && !gives_up.load(std::memory_order_relaxed)) {
            pollfd p{descriptor, POLLOUT, 0};
            constexpr int step_ms = 100;
            const int ready = poll(&p, 1, step_ms);
            if (ready == 0 || (ready < 0 && errno == EINTR)) {
                continue;
            }
            const ssize_t n = ::write(descriptor, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
            if (n < 0) {
                if (errno == EINTR || errno == EAGAIN) {
                    continue;
                }
                return; // there is no reader any more: nothing sensible is left to do with a log
            }
            text.remove_prefix(static_cast<std::size_t>(n));
        }
    }

    void run() {
        std::string batch;
        std::unique_lock lock(mutex);
        for (;;) {
            work.wait(lock, [&] { return stopping || !buffer.empty() || drops_unreported > 0; });
            if (buffer.empty() && drops_unreported == 0) {
                break;
            }
            batch.clear();
            std::swap(batch, buffer);
            const std::uint64_t size = batch.size();
            const std::uint64_t drops = std::exchange(drops_unreported, 0);
            lock.unlock();
            if (drops > 0) { // they came after what is in the batch
                batch.append(format_log_line(log_level::warn, format, "log.dropped", {{"lines", drops}},
                                             std::chrono::system_clock::now()));
                batch.push_back('\n');
            }
            write_out(batch);
            lock.lock();
            done += size;
            written.notify_all();
        }
        ended = true;
        written.notify_all();
    }
};

logger::logger(log_level level, log_format format, int descriptor)
    : state_(std::make_shared<state>(level, format, descriptor)) {
    const signals_blocked meanwhile;
    std::thread([s = state_] { s->run(); }).detach(); // ~logger waits for its end, but not for ever
}

logger::~logger() {
    std::unique_lock lock(state_->mutex);
    state_->stopping = true;
    state_->work.notify_all();
    const auto has_ended = [&] { return state_->ended; };
    if (!state_->written.wait_for(lock, log_flush_time_max, has_ended)) {
        state_->gives_up = true;
        state_->written.wait_for(lock, log_flush_time_max, has_ended);
    }
}

bool logger::enabled(log_level level) const noexcept {
    return level >= state_->level.load(std::memory_order_relaxed);
}

void logger::set_level(log_level level) noexcept {
    state_->level.store(level, std::memory_order_relaxed);
}

void logger::write(log_level level, std::string_view event, std::initializer_list<log_field> fields) noexcept {
    if (!enabled(level)) {
        return;
    }
    try {
        std::string line = format_log_line(level, state_->format, event, fields, std::chrono::system_clock::now());
        line.push_back('\n');
        const std::lock_guard lock(state_->mutex);
        if (state_->buffer.size() + line.size() > log_buffer_size_max) {
            ++state_->drops_unreported;
            state_->dropped.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        state_->buffer.append(line);
        state_->taken += line.size();
        state_->work.notify_one();
    } catch (...) { // out of memory: the log is the first to do without
        state_->dropped.fetch_add(1, std::memory_order_relaxed);
    }
}

std::uint64_t logger::dropped() const noexcept {
    return state_->dropped.load(std::memory_order_relaxed);
}

bool logger::flush(std::chrono::milliseconds limit) noexcept {
    std::unique_lock lock(state_->mutex);
    const std::uint64_t goal = state_->taken;
    return state_->written.wait_for(lock, limit, [&] { return state_->done >= goal; });
}

} // namespace pawl::app
