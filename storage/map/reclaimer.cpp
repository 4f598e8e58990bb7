#include "storage/map/rcu.hpp"

namespace pawl::storage {

reclaimer::~reclaimer() {
    flush();
}

void reclaimer::retire(std::unique_ptr<reclaimable> object) noexcept {
    reclaimable* const o = object.release();
    reclaimable* head = retired_.load(std::memory_order_relaxed);
    do {
        o->next_retired = head;
    } while (!retired_.compare_exchange_weak(head, o, std::memory_order_release, std::memory_order_relaxed));
    pending_.fetch_add(1, std::memory_order_relaxed);
}

std::size_t reclaimer::flush() noexcept {
    reclaimable* list = retired_.exchange(nullptr, std::memory_order_acquire);
    if (list == nullptr) {
        return 0;
    }
    rcu_synchronize();
    std::size_t freed = 0;
    while (list != nullptr) {
        const std::unique_ptr<reclaimable> owned(list);
        list = list->next_retired;
        ++freed;
    }
    pending_.fetch_sub(freed, std::memory_order_relaxed);
    return freed;
}

} // namespace pawl::storage
