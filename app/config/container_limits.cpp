#include "app/config/container_limits.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace pawl::app {

namespace {

constexpr std::string_view unified = "/sys/fs/cgroup";
constexpr std::string_view memory_v1 = "/sys/fs/cgroup/memory";
constexpr std::uint64_t no_limit_v1 = 1ULL << 62U; // version 1 says a number near 2^63 for none

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
        text.remove_suffix(1);
    }
    return text;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::optional<unsigned> cores_of(std::string_view quota, std::string_view period) {
    const auto most = number_of(quota);
    const auto of = number_of(period);
    if (!most || !of || *most == 0 || *of == 0) {
        return std::nullopt;
    }
    const std::uint64_t cores = *most / *of + (*most % *of == 0 ? 0 : 1);
    return static_cast<unsigned>(std::min<std::uint64_t>(cores, std::numeric_limits<unsigned>::max()));
}

template <class T>
void tighten(std::optional<T>& limit, const std::optional<T>& other) {
    if (other && (!limit || *other < *limit)) {
        limit = other;
    }
}

// Calls `look` with the directory of a cgroup and with those of all above it, up to where they are mounted. A path that
// is not to be seen from inside a container has its limits at the mount itself.
template <class Look>
void for_each_above(std::string_view mount, std::string path, const Look& look) {
    while (path.size() > 1) {
        look(std::string(mount) + path);
        path.resize(path.rfind('/')); // it begins with one
    }
    look(std::string(mount));
}

} // namespace

std::optional<unsigned> cores_of_cpu_max(std::string_view text) {
    text = trimmed(text);
    const auto space = text.find(' ');
    return space == std::string_view::npos ? std::nullopt : cores_of(text.substr(0, space), text.substr(space + 1));
}

std::optional<unsigned> cores_of_cfs(std::string_view quota_us, std::string_view period_us) {
    return cores_of(trimmed(quota_us), trimmed(period_us)); // "-1" is no number: no limit
}

std::optional<std::uint64_t> bytes_of_memory_max(std::string_view text) {
    const auto bytes = number_of(trimmed(text));
    return bytes && *bytes > 0 && *bytes < no_limit_v1 ? bytes : std::nullopt;
}

std::string cgroup_path(std::string_view text, std::string_view controller) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto first = line.find(':');
        const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
        if (second == std::string_view::npos || !line.substr(second + 1).starts_with('/')) {
            continue;
        }
        std::string_view names = line.substr(first + 1, second - first - 1);
        bool found = controller.empty() && names.empty();
        while (!names.empty() && !controller.empty() && !found) {
            const auto comma = std::min(names.find(','), names.size());
            found = names.substr(0, comma) == controller;
            names.remove_prefix(std::min(comma + 1, names.size()));
        }
        if (found) {
            return std::string(line.substr(second + 1));
        }
    }
    return {};
}

container_limits read_container_limits(const read_text& read) {
    container_limits out;
    const std::string own = read("/proc/self/cgroup").value_or("");
    for_each_above(unified, cgroup_path(own, {}), [&](const std::string& place) {
        tighten(out.cores, cores_of_cpu_max(read(place + "/cpu.max").value_or("")));
        tighten(out.memory_bytes, bytes_of_memory_max(read(place + "/memory.max").value_or("")));
    });
    for_each_above(memory_v1, cgroup_path(own, "memory"), [&](const std::string& place) {
        tighten(out.memory_bytes, bytes_of_memory_max(read(place + "/memory.limit_in_bytes").value_or("")));
    });
    for (const std::string_view mount : {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"}) {
        for_each_above(mount, cgroup_path(own, "cpu"), [&](const std::string& place) {
            tighten(out.cores, cores_of_cfs(read(place + "/cpu.cfs_quota_us").value_or(""),
                                            read(place + "/cpu.cfs_period_us").value_or("")));
        });
    }
    return out;
}

} // namespace pawl::app
