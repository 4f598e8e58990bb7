// The process's signals: waited for by the main thread, never handled in the middle of something.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace pawl::app {

// Blocks SIGTERM, SIGINT and SIGHUP for this thread and those it starts, and ignores SIGPIPE and SIGXFSZ (a write that
// fails says so itself). Before the first thread.
void set_up_signals();

enum class signal_request : std::uint8_t { stop, reload };
// Waits for the next one of those, and calls `meanwhile` each time that long has passed without one. Main thread.
signal_request wait_for_signal(std::chrono::seconds interval, const std::function<void()>& meanwhile);

// From now on the process has this long to end: then one line on stderr and _exit(70), destroying nothing.
void arm_stop_watchdog(std::chrono::seconds limit);

} // namespace pawl::app
