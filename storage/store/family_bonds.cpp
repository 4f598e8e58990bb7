#include "storage/store/family_bonds.hpp"

#include "core/family/hangs.hpp"
#include "storage/store/store_state.hpp"

#include <algorithm>
#include <mutex>

namespace pawl::storage {

family_bonds bonds_of(const rcu_read_guard& section, const store_state& state, const family_facts& facts,
                      const user_gate& gate) {
    family_bonds out;
    if (facts.client >= first_registered_client) {
        const client_ptr* const found = state.entities.clients.current().find(facts.client.value);
        out.client_admits = found != nullptr && (*found)->admits(facts.grant.client_epoch);
        if (found != nullptr && (*found)->consent == client_consent::ask) {
            const consent_ptr* const allowed = state.entities.consents.find(section, facts.user, facts.client);
            out.is_withdrawn = is_withdrawn(allowed == nullptr ? nullptr : allowed->get(), (*found)->consent, facts);
        }
    }
    if (!hangs_on_session(facts)) {
        return out;
    }
    const family_node* const parent = state.families.find(section, facts.origin.parent);
    if (parent == nullptr || parent->facts().user != facts.user) {
        out.parent_may_live = false;
        return out;
    }
    const family_facts of_parent = parent->facts();
    out.parent_word = parent->load();
    out.parent_may_live = out.parent_word.live() && gate.admits(of_parent.id, of_parent.epoch);
    out.parent_expires_at = of_parent.idle_expires_at(out.parent_word);
    return out;
}

namespace {

bool is_latest_on_disk(const store_state& state) {
    return !state.waiters.failed() && state.waiters.is_durable(state.entities.latest());
}

std::optional<bond_end> end_by_client(const store_state& state, const family_facts& facts) {
    if (facts.client < first_registered_client) {
        return std::nullopt;
    }
    const client_ptr* const found = state.entities.clients.current().find(facts.client.value);
    client_ptr tombstone;
    if (found == nullptr) {
        const std::lock_guard lock(state.entities.mutex);
        tombstone = state.entities.clients.find_any(facts.client.value);
    }
    const client* const record = found == nullptr ? tombstone.get() : found->get();
    if (record == nullptr || record->is_open_to(facts.grant.client_epoch)) {
        return std::nullopt;
    }
    return bond_end{std::max(record->epoch_raised_at, facts.created_at), is_latest_on_disk(state)};
}

std::optional<bond_end> end_by_parent(const rcu_read_guard& section, const store_state& state,
                                      const family_facts& facts, const user_slot& owner, const user_version& version,
                                      timestamp now) {
    if (!hangs_on_session(facts)) {
        return std::nullopt;
    }
    const family_node* const parent = state.families.find(section, facts.origin.parent);
    if (parent == nullptr || parent->owner != &owner) {
        return bond_end{facts.created_at, false};
    }
    const family_word word = parent->load();
    if (!word.live()) {
        return bond_end{parent->created_at + seconds(parent->ended_after()), parent->durable_covers(word)};
    }
    const family_facts of_parent = parent->facts();
    if (of_parent.expired(word, now)) {
        return bond_end{of_parent.idle_expires_at(word), true};
    }
    const user& u = *version.record;
    if (u.deleted || !u.gate.is_open_to(of_parent.id, of_parent.epoch)) {
        return bond_end{u.gate.changed_at, owner.durable_version.load(std::memory_order_acquire) >= u.version};
    }
    return std::nullopt;
}

} // namespace

std::optional<bond_end> bond_end_of(const rcu_read_guard& section, const store_state& state, const family_facts& facts,
                                    const user_slot& owner, const user_version& version, timestamp now) {
    const std::optional<bond_end> by_client = end_by_client(state, facts);
    const std::optional<bond_end> by_parent = end_by_parent(section, state, facts, owner, version, now);
    if (!by_client || !by_parent) {
        return by_client ? by_client : by_parent;
    }
    return bond_end{std::min(by_client->at, by_parent->at), by_client->on_disk || by_parent->on_disk};
}

} // namespace pawl::storage
