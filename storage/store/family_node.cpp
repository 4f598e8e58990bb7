#include "storage/store/family_node.hpp"

#include "storage/store/user_slot.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace pawl::storage {

namespace {

// A writer holds the lock for a dozen stores: a thread that waits longer than this met a descheduled one, and the last
// use is not worth waiting for.
constexpr int use_lock_spins_max = lock_spins_max;

std::uint32_t seconds_between(timestamp from, timestamp to) noexcept {
    const std::int64_t s = (to - from).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(s, 0, std::numeric_limits<std::uint32_t>::max()));
}

std::array<std::uint64_t, 2> halves_of(const peer_address& a) noexcept {
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), a.bytes.data(), a.bytes.size());
    return halves;
}

} // namespace

std::unique_ptr<const family_own> family_own::of(const family_facts& facts, std::uint32_t terms) {
    const bool is_shared = terms != terms_table::unshared;
    if (is_shared && facts.origin == family_origin{}) {
        return nullptr;
    }
    return std::make_unique<const family_own>(
        family_own{facts.origin, is_shared ? std::nullopt : std::optional(terms_of(facts))});
}

family_node::family_node(const family_facts& facts, std::uint32_t its_terms, std::unique_ptr<const family_own> its_own,
                         user_slot& of, family_word initial, const use_view& use, agent_text* agent) noexcept
    : id(facts.id), word(initial.bits()), owner(&of), created_at(facts.created_at), own(std::move(its_own)),
      terms(its_terms), epoch(facts.epoch), use_lock_(use.generation << 1U),
      used_after_(seconds_between(facts.created_at, use.at)), agent_(agent) {
    const std::array<std::uint64_t, 2> halves = halves_of(use.address);
    address_[0].store(halves[0], std::memory_order_relaxed);
    address_[1].store(halves[1], std::memory_order_relaxed);
}

family_facts family_node::facts() const noexcept {
    const family_terms& t = its_terms();
    family_facts facts{id, owner->id, t.client, epoch, created_at, t.idle_ttl, t.absolute_ttl, t.grant, {}};
    if (own != nullptr) {
        facts.origin = own->origin;
    }
    return facts;
}

std::uint32_t family_node::seconds_until(timestamp t) const noexcept {
    return seconds_between(created_at, t);
}

// The stores of set_last_use are releases and these loads acquires (free on x86), so that no fence is needed, which
// TSan would not understand: a reader that sees any field of a write also sees its lock taken.
use_view family_node::last_use() const noexcept {
    use_view use;
    for (int i = 0; i < use_lock_spins_max; ++i) {
        const std::uint32_t before = use_lock_.load(std::memory_order_acquire);
        const std::array<std::uint64_t, 2> halves{address_[0].load(std::memory_order_acquire),
                                                  address_[1].load(std::memory_order_acquire)};
        const agent_text* const agent = agent_.load(std::memory_order_acquire);
        use.generation = before >> 1U;
        use.at = created_at + seconds(used_after_.load(std::memory_order_acquire));
        std::memcpy(use.address.bytes.data(), halves.data(), use.address.bytes.size());
        use.agent = agent == nullptr ? std::string_view{} : std::string_view(agent->text);
        if ((before & 1U) == 0 && use_lock_.load(std::memory_order_relaxed) == before) {
            return use;
        }
    }
    return use; // possibly of two requests; it is advisory
}

agent_text* family_node::set_last_use(const use_view& use, agent_text* agent) noexcept {
    for (int i = 0; i < use_lock_spins_max; ++i) {
        std::uint32_t before = use_lock_.load(std::memory_order_relaxed);
        if ((before & 1U) != 0) {
            continue;
        }
        if (use.generation <= before >> 1U) {
            return agent; // a later request was quicker
        }
        if (!use_lock_.compare_exchange_weak(before, before | 1U, std::memory_order_acq_rel,
                                             std::memory_order_relaxed)) {
            continue;
        }
        const std::array<std::uint64_t, 2> halves = halves_of(use.address);
        used_after_.store(seconds_between(created_at, use.at), std::memory_order_release);
        address_[0].store(halves[0], std::memory_order_release);
        address_[1].store(halves[1], std::memory_order_release);
        agent_text* const old = agent_.exchange(agent, std::memory_order_acq_rel);
        use_lock_.store(use.generation << 1U, std::memory_order_release);
        return old;
    }
    return agent;
}

void family_node::set_ended_after(std::uint32_t after) noexcept {
    std::uint32_t none = 0;
    ended_after_.compare_exchange_strong(none, std::max<std::uint32_t>(after, 1), std::memory_order_relaxed);
}

void family_node::advance_durable(family_word w) noexcept {
    std::uint64_t before = durable_word.load(std::memory_order_relaxed);
    std::uint64_t after = 0;
    do {
        after = before == nothing_durable ? w.bits() : merge(family_word(before), w).bits();
    } while (after != before &&
             !durable_word.compare_exchange_weak(before, after, std::memory_order_release, std::memory_order_relaxed));
}

bool family_node::durable_covers(family_word w) const noexcept {
    const std::uint64_t bits = durable_word.load(std::memory_order_acquire);
    if (bits == nothing_durable) {
        return false;
    }
    const family_word durable(bits);
    return merge(durable, w).facts() == durable.facts();
}

} // namespace pawl::storage
