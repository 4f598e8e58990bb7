#include "storage/store/family_bonds.hpp"

#include "storage/store/store_state.hpp"

namespace pawl::storage {

family_bonds bonds_of(const rcu_read_guard& section, const store_state& state, const family_facts& facts,
                      const user_gate& gate) {
    family_bonds out;
    if (facts.client >= first_registered_client) {
        const client_ptr* const found = state.entities.clients.current().find(facts.client.value);
        out.client_admits = found != nullptr && (*found)->admits(facts.grant.client_epoch);
        if (found != nullptr && (*found)->consent == client_consent::ask) {
            const consent_ptr* const allowed = state.entities.consents.find(section, facts.user, facts.client);
            out.is_withdrawn =
                is_withdrawn(allowed == nullptr ? nullptr : allowed->get(), (*found)->consent, facts.created_at);
        }
    }
    if (facts.origin.parent == family_id{}) {
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

} // namespace pawl::storage
