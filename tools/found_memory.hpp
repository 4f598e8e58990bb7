// The memory that this machine, or the container that this process is in, has for password hashes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl::tools {

// Bytes: what is available by /proc/meminfo's text, within the text of the cgroup's memory.max. std::nullopt if neither
// text says anything (an empty one is a file that is not there; "max" is no limit).
std::optional<std::uint64_t> memory_by(std::string_view meminfo, std::string_view memory_max);

// The same of the files of this machine.
std::optional<std::uint64_t> found_memory();

// Whether `threads` hashes of `memory_kib` each fit in half of the memory: the other half is for all else.
bool hashes_fit(std::uint64_t memory_kib, unsigned threads, std::optional<std::uint64_t> memory);

} // namespace pawl::tools
