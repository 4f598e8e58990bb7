#include "app/process/forget.hpp"

#include "core/secret.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

extern char** environ; // NOLINT: POSIX
extern char _end;      // NOLINT: the linker's, end(3)

namespace pawl::app {

namespace {

constexpr std::size_t window = sizeof(std::uint64_t);
constexpr std::size_t windows_max = 4096; // of a longer secret the rest is left, which is of no use

// In no place that is searched: it would be found there.
std::array<std::uint64_t, windows_max> windows;

std::uint64_t at(const char* place) {
    std::uint64_t out = 0;
    std::memcpy(&out, place, window);
    return out;
}

// Two passes: a window that was overwritten would hide the one that overlaps it.
void overwrite(std::span<char> memory, std::span<const std::uint64_t> sought) {
    std::size_t from = 0;
    std::size_t to = 0; // what is to go: from here to there
    for (std::size_t i = 0; i + window <= memory.size(); ++i) {
        if (!std::ranges::binary_search(sought, at(memory.data() + i))) {
            continue;
        }
        if (i > to) {
            wipe(memory.data() + from, to - from);
            from = i;
        }
        to = i + window;
    }
    wipe(memory.data() + from, to - from);
}

bool is_mapped(char* page, std::size_t size) {
    unsigned char resident = 0;
    return ::mincore(page, size, &resident) == 0;
}

// Down from its end. What malloc counts is this heap, and that of other threads where there were any: then it is
// shorter, and ends at the first page that is not there, or at our own variables.
std::span<char> heap() {
    char* const top = static_cast<char*>(::sbrk(0));
    const auto page_size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    char* const lowest = std::max(top - ::mallinfo2().arena, &_end);
    char* begin = top;
    while (begin > lowest) {
        char* const page = begin - 1 - reinterpret_cast<std::uintptr_t>(begin - 1) % page_size;
        if (!is_mapped(page, page_size)) {
            break;
        }
        begin = std::max(page, lowest);
    }
    return {begin, top};
}

// From here on, with what the kernel put above: arguments and environment.
std::span<char> stack() {
    char* const begin = static_cast<char*>(__builtin_frame_address(0));
    char* end = begin;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        // One that was set later lies in the heap.
        if (*variable > begin) {
            end = std::max(end, *variable + std::strlen(*variable));
        }
    }
    return {begin, end};
}

} // namespace

void forget_everywhere(std::string_view secret) noexcept {
    if (secret.size() < window) {
        return; // --dev alone has such a short one
    }
    const std::size_t count = std::min(secret.size() - window + 1, windows_max);
    for (std::size_t i = 0; i < count; ++i) {
        windows.at(i) = at(secret.data() + i);
    }
    const std::span<std::uint64_t> sought = std::span(windows).first(count);
    std::ranges::sort(sought);
    overwrite(heap(), sought);
    overwrite(stack(), sought);
    wipe(windows.data(), sizeof windows);
}

} // namespace pawl::app
