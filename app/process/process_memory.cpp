#include "app/process/process_memory.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace pawl::app {

namespace {

// A segment without PF_W has no relocations either (what the loader writes to and protects afterwards, PT_GNU_RELRO,
// lies in a writable one): its pages are the file's, and MADV_DONTNEED loses nothing.
int let_go_of_segments(dl_phdr_info* object, std::size_t, void* total) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (std::size_t i = 0; i < object->dlpi_phnum; ++i) {
        const ElfW(Phdr)& segment = object->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) {
            continue;
        }
        const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
        const std::uintptr_t end = (object->dlpi_addr + segment.p_vaddr + segment.p_memsz + page - 1) & ~(page - 1);
        // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader's addresses are integers
        if (::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED) == 0) {
            *static_cast<std::size_t*>(total) += end - begin;
        }
    }
    return 0;
}

} // namespace

void keep_no_large_buffers() {
    constexpr int large = 128 * 1024;
    ::mallopt(M_MMAP_THRESHOLD, large);
    ::mallopt(M_TRIM_THRESHOLD, 2 * large);
}

std::size_t let_go_of_start_pages() {
    std::size_t total = 0;
    ::dl_iterate_phdr(&let_go_of_segments, &total);
    return total;
}

void give_back_free_memory() {
    ::malloc_trim(0);
}

} // namespace pawl::app
