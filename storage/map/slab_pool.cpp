#include "storage/map/slab_pool.hpp"

#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define PAWL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PAWL_ASAN 1
#endif
#endif
#ifdef PAWL_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace pawl::storage::slab_memory {

void* map_arena() {
    // Twice the size, then trimmed: mmap aligns to pages only.
    void* const all =
        ::mmap(nullptr, 2 * arena_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) {
        throw std::bad_alloc();
    }
    const auto begin = reinterpret_cast<std::uintptr_t>(all);
    const std::uintptr_t aligned = (begin + arena_size - 1) & ~(arena_size - 1);
    if (aligned > begin) {
        ::munmap(all, aligned - begin);
    }
    const std::uintptr_t end = begin + 2 * arena_size;
    if (end > aligned + arena_size) {
        ::munmap(reinterpret_cast<void*>(aligned + arena_size), end - aligned - arena_size);
    }
    return reinterpret_cast<void*>(aligned);
}

void unmap_arena(void* arena) noexcept {
    ::munmap(arena, arena_size); // ASan's forgets what was poisoned, too, without touching all of its shadow
}

void give_back(void* slab) noexcept {
    ::madvise(slab, slab_size, MADV_DONTNEED);
}

void make_pages(void* slabs, std::size_t size) noexcept {
#ifdef MADV_POPULATE_WRITE
    ::madvise(slabs, size, MADV_POPULATE_WRITE); // Linux 5.14; refused by what is older
#else
    static_cast<void>(slabs);
    static_cast<void>(size);
#endif
}

#ifdef PAWL_ASAN
bool leaks_are_looked_for() noexcept {
    return true;
}
void poison(void* node, std::size_t size) noexcept {
    __asan_poison_memory_region(node, size);
}
void unpoison(void* node, std::size_t size) noexcept {
    __asan_unpoison_memory_region(node, size);
}
#else
bool leaks_are_looked_for() noexcept {
    return false;
}
void poison(void*, std::size_t) noexcept {}
void unpoison(void*, std::size_t) noexcept {}
#endif

} // namespace pawl::storage::slab_memory
