// Does the steps of a plan against a server over HTTP: each user's in order, several users at once, at the recorded
// pace or a multiple of it; and counts what came of it.
#pragma once

#include "tools/replay/plan.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pawl::tools {

inline constexpr unsigned connections_max = 256;
inline constexpr std::size_t steps_waiting_max = 1024; // of one connection; then the reader of the log waits

struct drive_options {
    std::string url;          // http://HOST:PORT
    double speed = 1;         // times the recorded pace; 0: as fast as the server answers
    unsigned connections = 8; // at once, each with users of its own
    std::string run;          // part of the made names, so that one server can be driven again
};

// Counts by size: 3 % wide, so that no number of requests takes more memory.
class latencies {
public:
    void add(std::chrono::microseconds t);
    void add(const latencies& other);
    std::uint64_t count() const noexcept { return count_; }
    // The least time that this share of all did not exceed; 0 where there are none.
    std::chrono::microseconds quantile(double share) const;
    std::chrono::microseconds max() const noexcept { return max_; }

private:
    std::array<std::uint64_t, 640> buckets_{};
    std::uint64_t count_ = 0;
    std::chrono::microseconds max_{0};
};

struct drive_report {
    struct of_kind {
        std::uint64_t done = 0;    // answered as the log says
        std::uint64_t other = 0;   // answered otherwise
        std::uint64_t skipped = 0; // could not be asked
        latencies times;
    };
    std::array<of_kind, step_kinds> kinds;
    std::vector<std::string> mismatches; // the first ones
    std::uint64_t mismatch_count = 0;
    std::chrono::milliseconds behind{0}; // the most a step was later than its pace
    static constexpr std::size_t mismatches_kept = 20;
};

class driver {
public:
    // Throws tool_error (2) for a URL that is none, (76) where no server answers.
    explicit driver(const drive_options& options);
    ~driver();
    driver(const driver&) = delete;
    driver& operator=(const driver&) = delete;

    // Hands over one step; waits while its connection has too many.
    void add(const step& s);
    // Waits until all is done. Throws tool_error (76) where the server went away.
    drive_report finish();

private:
    struct worker;
    drive_options options_;
    std::vector<std::unique_ptr<worker>> workers_;
};

} // namespace pawl::tools
