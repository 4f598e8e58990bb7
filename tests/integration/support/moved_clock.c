// Preloaded: the system's clocks as a test wants them, in a running process. Three 64-bit numbers in the shared file
// MOVED_CLOCK: milliseconds that the wall clock is moved by, and the boot clock; and whether the wall clock is said to be
// synchronised (0: no, 1: yes, 2: the question is refused).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static struct shared {
    _Atomic int64_t wall_ms, boot_ms, synchronised;
}* control;

__attribute__((constructor)) static void begin(void) {
    const char* const path = getenv("MOVED_CLOCK");
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

int clock_gettime(clockid_t which, struct timespec* out) {
    const long result = syscall(SYS_clock_gettime, which, out);
    if (result != 0 || control == NULL || (which != CLOCK_REALTIME && which != CLOCK_BOOTTIME)) {
        return (int)result;
    }
    const int64_t by = atomic_load(which == CLOCK_REALTIME ? &control->wall_ms : &control->boot_ms);
    const int64_t ms = (int64_t)out->tv_sec * 1000 + out->tv_nsec / 1000000 + by;
    out->tv_sec = ms / 1000;
    out->tv_nsec = ms % 1000 * 1000000;
    return 0;
}

int adjtimex(struct timex* state) {
    const int64_t answer = control == NULL ? 2 : atomic_load(&control->synchronised);
    if (answer == 2) {
        errno = EPERM;
        return -1;
    }
    memset(state, 0, sizeof *state);
    state->status = answer == 1 ? STA_PLL : STA_UNSYNC;
    return answer == 1 ? TIME_OK : TIME_ERROR;
}
