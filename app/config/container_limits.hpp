// What the cgroup of this process allows it: cores and memory of a container. A server that counts the cores of the
// machine instead starts more hash threads than its memory has room for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::app {

struct container_limits {
    std::optional<unsigned> cores;             // rounded up; at least 1
    std::optional<std::uint64_t> memory_bytes; // for all that the process takes
    bool any() const { return cores || memory_bytes; }
    friend bool operator==(const container_limits&, const container_limits&) = default;
};

// The whole of a file; std::nullopt if it can't be read.
using read_text = std::function<std::optional<std::string>(const std::string& path)>;

// The tightest limits of the cgroup that /proc/self/cgroup names and of those above it: version 2, and version 1 where
// the controllers are there. What is not there limits nothing.
container_limits read_container_limits(const read_text& read);

// The parts, pure. std::nullopt: no limit, or no text of that file.
std::optional<unsigned> cores_of_cpu_max(std::string_view text); // "150000 100000": 2
std::optional<unsigned> cores_of_cfs(std::string_view quota_us, std::string_view period_us);
std::optional<std::uint64_t> bytes_of_memory_max(std::string_view text); // "max", or bytes
// The path behind "::" for `controller` empty (version 2), else of version 1's line that names it; empty: none.
std::string cgroup_path(std::string_view proc_self_cgroup, std::string_view controller);

} // namespace pawl::app
