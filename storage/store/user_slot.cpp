#include "storage/store/user_slot.hpp"

#include "storage/store/family_node.hpp"

namespace pawl::storage {

namespace {

bool is_dropping(const family_node* node) {
    return node != nullptr && node->sweep_mark == family_node::dropping;
}

// Never dereferenced: an address that no node has.
alignas(family_node) constinit const std::byte closed_mark{};

} // namespace

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

// Pushers race at the head only, and hold a read section, so a head that is seen twice is the same node.
void user_slot::unlink_dropping() noexcept {
    family_node* head = first_family();
    while (is_dropping(head)) {
        family_node* const next = head->next_of_user.load(std::memory_order_relaxed);
        if (families.compare_exchange_strong(head, next, std::memory_order_acq_rel, std::memory_order_acquire)) {
            head = next;
        }
    }
    for (family_node* kept = head; kept != nullptr;) {
        family_node* next = kept->next_of_user.load(std::memory_order_relaxed);
        while (is_dropping(next)) {
            next = next->next_of_user.load(std::memory_order_relaxed);
        }
        kept->next_of_user.store(next, std::memory_order_release);
        kept = next;
    }
}

void user_slot::advance_durable(std::uint64_t version) noexcept {
    std::uint64_t before = durable_version.load(std::memory_order_relaxed);
    while (before < version && !durable_version.compare_exchange_weak(before, version, std::memory_order_release,
                                                                      std::memory_order_relaxed)) {
    }
}

} // namespace pawl::storage
