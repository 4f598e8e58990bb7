#include "app/worker/hash_memory.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PAWL_MAPPINGS_ARE_WATCHED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define PAWL_MAPPINGS_ARE_WATCHED
#endif
#endif

#ifdef PAWL_MAPPINGS_ARE_WATCHED

namespace pawl::app {

bool hash_in_huge_pages() noexcept {
    return false;
}

std::uint64_t hash_blocks_mapped() noexcept {
    return 0;
}

} // namespace pawl::app

#else

namespace pawl::app {

namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20U;

thread_local bool huge = false;
thread_local std::uint64_t blocks = 0;

void* map(void* address, std::size_t size, int protection, int flags, int fd, off_t offset) noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): what the system gives is an integer here
    return reinterpret_cast<void*>(::syscall(SYS_mmap, address, size, protection, flags, fd, offset));
}

// As mmap(2) of `size` bytes of anonymous memory gives: exactly that much is mapped, for munmap(2) will be told `size`.
void* map_huge(std::size_t size, int protection, int flags) noexcept {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    size = (size + page - 1) & ~(page - 1);
    void* const whole = map(nullptr, size + huge_page, protection, flags & ~MAP_POPULATE, -1, 0);
    if (whole == MAP_FAILED) {
        return whole;
    }
    const std::size_t before = (huge_page - reinterpret_cast<std::uintptr_t>(whole) % huge_page) % huge_page;
    char* const aligned = static_cast<char*>(whole) + before;
    if (before > 0) {
        ::munmap(whole, before);
    }
    ::munmap(aligned + size, huge_page - before);
    ++blocks;
    ::madvise(aligned, size, MADV_HUGEPAGE);
    ::madvise(aligned, size, MADV_POPULATE_WRITE); // Linux 5.14; an older one fills pages as they are touched
    return aligned;
}

} // namespace

bool hash_in_huge_pages() noexcept {
    huge = true;
    return true;
}

std::uint64_t hash_blocks_mapped() noexcept {
    return blocks;
}

} // namespace pawl::app

// In place of the C library's, for this program and the libraries it loads: libsodium maps a hash's memory itself and
// has no option for how. All but what a hash thread maps filled is passed on as it is.
extern "C" __attribute__((visibility("default"))) void* mmap(void* address, std::size_t size, int protection, int flags,
                                                             int fd, off_t offset) noexcept {
    constexpr int filled = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
    if (pawl::app::huge && address == nullptr && size >= pawl::app::hash_memory_min && (flags & filled) == filled &&
        size <= SIZE_MAX - 2 * pawl::app::huge_page) {
        void* const memory = pawl::app::map_huge(size, protection, flags);
        if (memory != MAP_FAILED) {
            return memory;
        }
    }
    return pawl::app::map(address, size, protection, flags, fd, offset);
}

#endif
