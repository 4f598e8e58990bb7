#include "storage/store/user_slot.hpp"

#include "storage/store/family_node.hpp"
#include "storage/store/user_families.hpp"

namespace pawl::storage {

namespace {

// Never dereferenced: an address that no node has.
alignas(family_node) constinit const std::byte closed_mark{};

} // namespace

user_slot::~user_slot() {
    delete current.load(std::memory_order_relaxed);
    delete aside.load(std::memory_order_relaxed);
}

family_node* user_slot::closed() noexcept {
    return reinterpret_cast<family_node*>(const_cast<std::byte*>(&closed_mark));
}

family_node* user_slot::first_family() const noexcept {
    family_node* const head = families.load(std::memory_order_acquire);
    return head == closed() ? nullptr : head;
}

bool user_slot::push_family(family_node& node) noexcept {
    family_node* head = families.load(std::memory_order_acquire);
    do {
        if (head == closed()) {
            return false;
        }
        node.next_of_user.store(head, std::memory_order_relaxed);
    } while (!families.compare_exchange_weak(head, &node, std::memory_order_acq_rel, std::memory_order_acquire));
    return true;
}

void user_slot::advance_durable(std::uint64_t version) noexcept {
    std::uint64_t before = durable_version.load(std::memory_order_relaxed);
    while (before < version && !durable_version.compare_exchange_weak(before, version, std::memory_order_release,
                                                                      std::memory_order_relaxed)) {
    }
}

} // namespace pawl::storage
