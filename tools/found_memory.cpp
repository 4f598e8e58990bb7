#include "tools/found_memory.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

namespace pawl::tools {

namespace {

constexpr std::uint64_t kib = 1024;

std::optional<std::uint64_t> number_at(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    std::uint64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return ec == std::errc{} ? std::optional(value) : std::nullopt;
}

std::string text_of(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

std::optional<std::uint64_t> memory_by(std::string_view meminfo, std::string_view memory_max) {
    constexpr std::string_view name = "MemAvailable:";
    const std::size_t at = meminfo.find(name);
    std::optional<std::uint64_t> available;
    if (at != std::string_view::npos) {
        available = number_at(meminfo.substr(at + name.size()));
    }
    const std::optional<std::uint64_t> limit = number_at(memory_max);
    if (!available || *available > UINT64_MAX / kib) {
        return limit;
    }
    return limit ? std::min(*available * kib, *limit) : *available * kib;
}

std::optional<std::uint64_t> found_memory() {
    return memory_by(text_of("/proc/meminfo"), text_of("/sys/fs/cgroup/memory.max"));
}

bool hashes_fit(std::uint64_t memory_kib, unsigned threads, std::optional<std::uint64_t> memory) {
    return !memory || memory_kib * kib * threads <= *memory / 2;
}

} // namespace pawl::tools
