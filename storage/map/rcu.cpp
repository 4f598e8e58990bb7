#include "storage/map/rcu.hpp"

#include <boost/assert.hpp>

#ifdef PAWL_MAP_FAKE
#include <algorithm>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>
#else
#include <urcu/urcu-memb.h>
#endif

namespace pawl::storage {

#ifdef PAWL_MAP_FAKE

namespace {

// Epochs: a reader notes the epoch it began in, a writer raises the epoch and waits until no reader is in an older one.
struct reader {
    std::atomic<std::uint64_t> since{0}; // 0: not within a section
    unsigned depth = 0;                  // the owner's only
};

struct registry {
    std::mutex mutex;
    std::vector<reader*> readers;
    std::atomic<std::uint64_t> epoch{1};
};

registry& the_registry() {
    static auto* const r = new registry; // outlives every thread
    return *r;
}

struct registration {
    reader self;
    registration() {
        registry& r = the_registry();
        const std::lock_guard lock(r.mutex);
        r.readers.push_back(&self);
    }
    ~registration() {
        registry& r = the_registry();
        const std::lock_guard lock(r.mutex);
        std::erase(r.readers, &self);
    }
};

reader& this_reader() {
    thread_local registration r;
    return r.self;
}

} // namespace

rcu_read_guard::rcu_read_guard() noexcept {
    reader& me = this_reader();
    if (me.depth++ == 0) {
        // Again where the epoch moved in between: the writer that moved it may have missed the first store.
        std::uint64_t e = the_registry().epoch.load();
        for (;;) {
            me.since.store(e);
            const std::uint64_t now = the_registry().epoch.load();
            if (now == e) {
                break;
            }
            e = now;
        }
    }
}

rcu_read_guard::~rcu_read_guard() {
    reader& me = this_reader();
    if (--me.depth == 0) {
        me.since.store(0);
    }
}

void rcu_synchronize() noexcept {
    BOOST_ASSERT(!rcu_read_ongoing());
    registry& r = the_registry();
    const std::uint64_t target = r.epoch.fetch_add(1) + 1;
    const std::lock_guard lock(r.mutex);
    for (const reader* each : r.readers) {
        for (;;) {
            const std::uint64_t since = each->since.load();
            if (since == 0 || since >= target) {
                break;
            }
            std::this_thread::yield();
        }
    }
}

bool rcu_read_ongoing() noexcept {
    return this_reader().depth != 0;
}

#else

namespace {

struct registration {
    registration() { urcu_memb_register_thread(); }
    ~registration() { urcu_memb_unregister_thread(); }
};

void register_this_thread() noexcept {
    thread_local const registration once;
    static_cast<void>(once);
}

} // namespace

rcu_read_guard::rcu_read_guard() noexcept {
    register_this_thread();
    urcu_memb_read_lock();
}

rcu_read_guard::~rcu_read_guard() {
    urcu_memb_read_unlock();
}

void rcu_synchronize() noexcept {
    register_this_thread();
    BOOST_ASSERT(urcu_memb_read_ongoing() == 0);
    urcu_memb_synchronize_rcu();
}

bool rcu_read_ongoing() noexcept {
    register_this_thread();
    return urcu_memb_read_ongoing() != 0;
}

#endif

} // namespace pawl::storage
