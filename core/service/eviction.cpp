#include "core/service/eviction.hpp"

#include "core/service/end_family.hpp"

#include <algorithm>
#include <vector>

namespace pawl {

ticket evict_beyond_limit(const service_context& context, const family_facts& own, std::size_t limit,
                          const caller& from) {
    const timestamp now = context.time.now();
    std::vector<family_details> living = context.data.living_families_of(own.user, now);
    std::erase_if(living, [&](const family_details& f) {
        return f.state.facts.id == own.id || f.state.facts.client != own.client || !alive(f.state, now);
    });
    const std::size_t others_max = std::max<std::size_t>(limit, 1) - 1;
    if (living.size() <= others_max) {
        return ticket::none;
    }
    std::sort(living.begin(), living.end(), &used_before);
    living.resize(living.size() - others_max);
    ticket wait_for = ticket::none;
    for (const family_details& f : living) {
        const result<ended_family> ended = end_family(context, f.state.facts.id, family_status::evicted, from);
        if (!ended) {
            break; // no room to end more: the next sign-in tries again
        }
        if (ended->ended_here) {
            context.counters.evictions.fetch_add(1, std::memory_order_relaxed);
        }
        wait_for = later(wait_for, ended->wait_for);
    }
    return wait_for;
}

} // namespace pawl
