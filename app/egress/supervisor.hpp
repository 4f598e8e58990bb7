// The way out of the server to the network: processes that are forked before it has keys or threads. The supervisor
// makes a worker, and another when that one ends; it reads nothing that comes from elsewhere.
#pragma once

#include "storage/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace pawl::app {

struct config;

// What a supervisor says to the server.
enum class egress_news_kind : std::uint8_t {
    worker = 1, // there is one: its channel comes along
    ended,      // it ended; `detail`: the signal, 0: of itself to be made anew, else 256 and its status
    paused,     // too many ended: none for egress_pause
    gone,       // the supervisor itself has ended
};

struct egress_news {
    egress_news_kind kind{};
    std::uint32_t detail = 0;
    storage::unique_fd channel;
};

// The server's end of a supervisor. Both its processes end when it is closed, and when this process ends.
class egress_link {
public:
    egress_link() = default; // none
    explicit egress_link(storage::unique_fd control) : control_(std::move(control)) {}

    explicit operator bool() const { return static_cast<bool>(control_); }
    int descriptor() const { return control_.get(); }
    // What is there to be read; std::nullopt if nothing is.
    std::optional<egress_news> news();
    // The worker broke a rule: it is to be killed.
    void end_worker();

private:
    storage::unique_fd control_;
};

// Forks the supervisor if an option needs it; else returns none. First of all after the options were read: before a key
// is read or a thread is started. Has the kernel reap the children of this process. Throws refused(usage) if a CA file
// can't be read, std::system_error if there can be no process.
egress_link start_egress(const config& settings);

} // namespace pawl::app
