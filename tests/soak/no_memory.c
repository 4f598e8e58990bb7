// Preloaded: makes one allocation fail, the Nth after the test has written N into the shared file NO_MEMORY_CONTROL.
// Two 64-bit numbers there: how many are left (0: none fails), how many have failed.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);

static struct shared {
    _Atomic uint64_t left, failed;
}* control;

__attribute__((constructor)) static void begin(void) {
    const char* const path = getenv("NO_MEMORY_CONTROL");
    const int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    void* const at = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (at != MAP_FAILED) {
        control = at;
    }
}

static int fails(void) {
    if (control == NULL) {
        return 0;
    }
    uint64_t left = atomic_load_explicit(&control->left, memory_order_relaxed);
    while (left != 0 && !atomic_compare_exchange_weak(&control->left, &left, left - 1)) {
    }
    if (left != 1) {
        return 0;
    }
    atomic_fetch_add(&control->failed, 1);
    errno = ENOMEM;
    return 1;
}

void* malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void* calloc(size_t n, size_t size) { return fails() ? NULL : __libc_calloc(n, size); }
void* realloc(void* p, size_t size) { return fails() ? NULL : __libc_realloc(p, size); }
void* aligned_alloc(size_t alignment, size_t size) { return fails() ? NULL : __libc_memalign(alignment, size); }
int posix_memalign(void** out, size_t alignment, size_t size) {
    void* const p = fails() ? NULL : __libc_memalign(alignment, size);
    *out = p;
    return p == NULL ? ENOMEM : 0;
}
