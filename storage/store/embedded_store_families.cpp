// Changes of families, evidence, and what an answer that rests on a family must wait for.
#include "storage/store/embedded_store.hpp"
#include "storage/store/store_state.hpp"

#include <boost/assert.hpp>

#include <mutex>

namespace pawl::storage {

namespace {

constexpr seconds imported_ttl_max{1827LL * 86400}; // five years, as at a login

// Whether the end of all sessions of a client, or a client to come, would let in what is dead now.
bool may_be_let_in(const store_state& s, const family_facts& facts) {
    if (facts.client < first_registered_client) {
        return false;
    }
    const std::lock_guard lock(s.entities.mutex);
    const client_ptr known = s.entities.clients.find_any(facts.client.value);
    return !known || facts.grant.client_epoch > known->epoch;
}

} // namespace

result<inserted_family> embedded_store::insert_family(const family_facts& facts, family_word word,
                                                      const family_use& use) {
    store_state& s = *state_;
    BOOST_ASSERT(facts.id != family_id{});
    const use_view used = view_of(word.generation(), use);
    agent_text* const agent = s.agents.acquire(used.agent);
    const rcu_read_guard section;
    user_slot* const owner = s.users.find(section, facts.user);
    const user_version* const version = owner == nullptr ? nullptr : owner->current.load(std::memory_order_acquire);
    if (version == nullptr || version->record->deleted) {
        s.agents.release(agent);
        return errc::user_not_found;
    }
    const std::optional<log_room> room = s.reserve(log_room::ordinary);
    if (!room) {
        s.agents.release(agent);
        return no_room();
    }
    family_node* const node = s.families.make(facts, *owner, word, used, agent);
    if (node == nullptr) {
        s.log->release(*room, 1);
        s.agents.release(agent);
        return no_room();
    }
    switch (s.families.add(section, *node).outcome) {
    case family_table::adding::added:
        return inserted_family{false, s.enqueue_family(section, *node, word, &used, *room, log_urgency::now)};
    case family_table::adding::owner_gone:
        s.log->release(*room, 1);
        return errc::user_not_found;
    case family_table::adding::exists:
        s.families.unmake(*node);
        s.log->release(*room, 1);
        return inserted_family{true};
    case family_table::adding::no_memory:
        break;
    }
    s.families.unmake(*node);
    s.log->release(*room, 1);
    return no_room();
}

result<imported> embedded_store::import_family(const family_facts& facts, family_word word, std::uint32_t ended_after,
                                               std::uint32_t use_generation, const family_use& use) {
    store_state& s = *state_;
    if (facts.id == family_id{} || facts.user == user_id{} || word.status() > last_family_status ||
        facts.idle_ttl.count() < 0 || facts.absolute_ttl < facts.idle_ttl || facts.absolute_ttl > imported_ttl_max ||
        (word.live() && ended_after != 0) || use_generation > family_word::generation_max) {
        return imported{import_outcome::refused};
    }
    const use_view used = view_of(use_generation, use);
    agent_text* const agent = s.agents.acquire(used.agent);
    const rcu_read_guard section;
    const auto compared = [&](const family_node& there) -> result<imported> {
        s.agents.release(agent);
        const family_word now = there.load();
        const result<ticket> rests = observe_family(facts.id, now);
        if (rests.has_error()) {
            return rests.error();
        }
        const bool same = there.facts() == facts && now.facts() == word.facts();
        return imported{same ? import_outcome::same : import_outcome::id_taken, *rests};
    };
    if (const family_node* const there = s.families.find(section, facts.id)) {
        return compared(*there);
    }
    user_slot* const owner = s.users.find(section, facts.user);
    if (owner == nullptr) {
        s.agents.release(agent);
        return imported{import_outcome::no_user};
    }
    // Of an epoch that is still to come: the next end of all sessions would open the gate to it. The same of a
    // client's.
    if (facts.epoch > owner->current.load(std::memory_order_acquire)->record->gate.epoch || may_be_let_in(s, facts)) {
        s.agents.release(agent);
        return imported{import_outcome::refused};
    }
    const std::optional<log_room> room = s.reserve(log_room::ordinary);
    family_node* const node = room ? s.families.make(facts, *owner, word, used, agent) : nullptr;
    if (node == nullptr) {
        if (room) {
            s.log->release(*room, 1);
        }
        s.agents.release(agent);
        return no_room();
    }
    if (!word.live()) {
        node->set_ended_after(ended_after);
    }
    const family_table::adding outcome = s.families.add(section, *node).outcome;
    if (outcome == family_table::adding::added) {
        return imported{import_outcome::added, s.enqueue_family(section, *node, word, &used, *room, log_urgency::now)};
    }
    s.log->release(*room, 1);
    if (outcome == family_table::adding::owner_gone) {
        return imported{import_outcome::no_user};
    }
    s.families.unmake(*node);
    return no_room(); // no memory, or the same family is being added by another: worth another try
}

result<exchange_result> embedded_store::exchange_family(const family_id& id, family_word expected, family_word desired,
                                                        const family_use& use) {
    store_state& s = *state_;
    const bool hints_only = expected.facts() == desired.facts();
    const bool rises = desired.generation() > expected.generation();
    const bool ends = expected.live() && !desired.live();
    // Before the section: a new text takes a lock. Given back where it is not used.
    agent_text* spare = rises ? s.agents.acquire(use.agent) : nullptr;

    const timestamp now = ends ? s.time.now() : timestamp{};

    result<exchange_result> out = [&]() -> result<exchange_result> {
        const rcu_read_guard section;
        family_node* const node = s.families.find(section, id);
        if (node == nullptr) {
            return exchange_result{exchange_outcome::gone};
        }
        std::uint64_t bits = expected.bits();
        if (node->word.load(std::memory_order_acquire) != bits) {
            return exchange_result{exchange_outcome::conflict};
        }
        if (hints_only) {
            const bool done = node->word.compare_exchange_strong(bits, desired.bits(), std::memory_order_acq_rel);
            return exchange_result{done ? exchange_outcome::exchanged : exchange_outcome::conflict};
        }
        const std::optional<log_room> room = s.reserve(desired.live() ? log_room::ordinary : log_room::ending);
        if (!room) {
            return no_room();
        }
        if (!node->word.compare_exchange_strong(bits, desired.bits(), std::memory_order_acq_rel)) {
            s.log->release(*room, 1);
            return exchange_result{exchange_outcome::conflict};
        }
        // From here to the enqueue nothing throws, blocks or suspends.
        if (ends) {
            node->set_ended_after(node->seconds_until(now));
            s.families.count(family_status::live, -1);
            s.families.count(desired.status(), 1);
        }
        const use_view used = view_of(desired.generation(), use);
        if (rises) {
            spare = node->set_last_use(used, spare);
        }
        const bool lazy = s.options.mode == durability::interval && desired.live();
        const ticket t = s.enqueue_family(section, *node, desired, rises ? &used : nullptr, *room,
                                          lazy ? log_urgency::lazy : log_urgency::now);
        return exchange_result{exchange_outcome::exchanged, lazy ? ticket::none : t};
    }();
    s.agents.release(spare);
    return out;
}

result<ticket> embedded_store::shut_windows(const family_id& id) {
    store_state& s = *state_;
    const std::optional<log_room> room = s.reserve(log_room::ordinary, true);
    if (!room) {
        return no_room();
    }
    const rcu_read_guard section;
    family_node* const node = s.families.find(section, id);
    if (node == nullptr) {
        s.log->release(*room, 1);
        return ticket::none;
    }
    family_word seen = node->load();
    std::uint64_t bits = seen.bits();
    while (!node->word.compare_exchange_weak(bits, seen.with_windows_shut().bits(), std::memory_order_acq_rel)) {
        seen = family_word(bits);
    }
    return s.enqueue_family(section, *node, seen.with_windows_shut(), nullptr, *room, log_urgency::now);
}

void end_withdrawn(store_state& s, const family_id& id, timestamp now) noexcept {
    const std::optional<log_room> room = s.reserve(log_room::ending);
    if (!room) {
        return;
    }
    const rcu_read_guard section;
    family_node* const node = s.families.find(section, id);
    for (family_word seen = node == nullptr ? family_word() : node->load(); node != nullptr && seen.live();) {
        const family_word ended = seen.with_status(family_status::consent);
        std::uint64_t bits = seen.bits();
        if (!node->word.compare_exchange_strong(bits, ended.bits(), std::memory_order_acq_rel)) {
            seen = family_word(bits);
            continue;
        }
        node->set_ended_after(node->seconds_until(now));
        s.families.count(family_status::live, -1);
        s.families.count(family_status::consent, 1);
        s.enqueue_family(section, *node, ended, nullptr, *room, log_urgency::lazy);
        return;
    }
    s.log->release(*room, 1);
}

void embedded_store::confirm_family(const family_id& id, std::uint32_t generation) noexcept {
    const rcu_read_guard section;
    family_node* const node = state_->families.find(section, id);
    if (node == nullptr) {
        return;
    }
    family_word seen = node->load();
    while (seen.generation() == generation && seen.live() && !seen.confirmed()) {
        std::uint64_t bits = seen.bits();
        if (node->word.compare_exchange_weak(bits, seen.with_confirmed(true).bits(), std::memory_order_acq_rel,
                                             std::memory_order_acquire)) {
            return;
        }
        seen = family_word(bits);
    }
}

ticket embedded_store::append_event(const security_event& event) {
    store_state& s = *state_;
    const std::optional<log_room> room = s.reserve(log_room::ordinary, true);
    if (!room) {
        s.events_lost.fetch_add(1, std::memory_order_relaxed);
        return ticket::none;
    }
    s.tell_serving_first();
    record_buffer buffer;
    return ticket{s.log->enqueue(*room, log_urgency::now, record_type::event, version_of(event), buffer.encode(event),
                                 record_tag{})};
}

result<ticket> embedded_store::observe_family(const family_id& id, family_word seen) {
    store_state& s = *state_;
    const rcu_read_guard section;
    family_node* const node = s.families.find(section, id);
    if (node == nullptr || node->durable_covers(seen)) {
        return ticket::none;
    }
    // Under `interval` no request waits for a rotation; a creation and an end are waited for as ever.
    if (s.options.mode == durability::interval && seen.live() && node->created_durably()) {
        return ticket::none;
    }
    const std::optional<log_room> room = s.reserve(seen.live() ? log_room::ordinary : log_room::ending, true);
    if (!room) {
        return no_room();
    }
    // The word of now: it was `seen` or comes after it, so it covers it.
    return s.enqueue_family(section, *node, node->load(), nullptr, *room, log_urgency::now);
}

} // namespace pawl::storage
