#include "storage/system_random.hpp"

#include "core/secret.hpp"

#include <pthread.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace pawl::storage {

namespace {

constexpr std::size_t pool_size = 256; // getrandom gives up to 256 bytes without being interrupted (getrandom(2))

// Goes up in the child of every fork: what the pools hold then belongs to the parent.
std::atomic<unsigned> forks{0};

void from_system(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        const ssize_t got = ::getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno != EINTR) {
            std::fputs("pawl: getrandom failed; there is no safe way on\n", stderr);
            std::abort();
        }
        out = out.subspan(got > 0 ? static_cast<std::size_t>(got) : 0);
    }
}

struct pool {
    std::array<std::uint8_t, pool_size> bytes{};
    std::size_t left = 0; // at the end of `bytes`
    unsigned forks_seen = 0;

    pool() = default;
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;
    ~pool() {
        wipe(bytes.data(), bytes.size());
        left = 0;
    }
    void take(std::span<std::uint8_t> out) {
        const unsigned now = forks.load(std::memory_order_relaxed);
        if (left < out.size() || forks_seen != now) {
            from_system(bytes);
            left = bytes.size();
            forks_seen = now;
        }
        const auto from = bytes.end() - static_cast<std::ptrdiff_t>(left);
        std::copy_n(from, out.size(), out.begin());
        wipe(&*from, out.size());
        left -= out.size();
    }
};

} // namespace

system_random::system_random() {
    static const int registered =
        ::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
    if (registered != 0) {
        std::fputs("pawl: pthread_atfork failed\n", stderr);
        std::abort();
    }
}

void system_random::fill(std::span<std::uint8_t> out) {
    if (out.empty()) {
        return;
    }
    if (out.size() > pool_size / 2) {
        from_system(out);
        return;
    }
    thread_local pool mine;
    mine.take(out);
}

} // namespace pawl::storage
