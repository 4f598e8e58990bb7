/* Preloaded into the server: a wall clock that is wrong by WRONG_CLOCK_SECONDS. CLOCK_BOOTTIME is right, as after a
 * machine has lost its time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t which, struct timespec* out) {
    static int (*real)(clockid_t, struct timespec*);
    static long wrong_by;
    if (!real) {
        const char* text = getenv("WRONG_CLOCK_SECONDS");
        wrong_by = text ? atol(text) : 0;
        *(void**)&real = dlsym(RTLD_NEXT, "clock_gettime");
    }
    int status = real(which, out);
    if (status == 0 && which == CLOCK_REALTIME) {
        out->tv_sec += wrong_by;
    }
    return status;
}
