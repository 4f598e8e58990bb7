#include "core/service/end_family.hpp"

#include "core/family/decide.hpp"
#include "core/service/durable_answer.hpp"

namespace pawl {

result<ended_family> end_family(const service_context& context, const family_id& id, family_status why,
                                const caller& from) {
    for (unsigned pass = 0; pass < conflicts_max; ++pass) {
        const timestamp now = context.time.now();
        const std::optional<family_state> seen = context.data.find_family(id);
        if (!seen) {
            return ended_family{};
        }
        // Expired ones as well: by which clock did they expire? An end that was acknowledged outlives its correction.
        if (!may_live(seen->word, seen->facts, seen->gate)) {
            const result<ticket> rests = rests_on(context, *seen);
            if (!rests) {
                return rests.error();
            }
            return ended_family{.known = true, .ended_here = false, .wait_for = *rests};
        }
        const result<exchange_result> changed =
            context.data.exchange_family(id, seen->word, seen->word.with_status(why), use_of(from, now));
        if (!changed) {
            return changed.error();
        }
        switch (changed->outcome) {
        case exchange_outcome::exchanged:
            return ended_family{.known = true, .ended_here = true, .wait_for = changed->wait_for};
        case exchange_outcome::gone:
            return ended_family{};
        case exchange_outcome::conflict:
            break; // somebody refreshed, or ended it first: look again
        }
    }
    return storage_failure();
}

task<result<void>> log_out_family(const service_context& context, const family_id& id, family_status why,
                                  const caller& from) {
    const result<ended_family> ended = end_family(context, id, why, from);
    if (!ended) {
        co_return ended.error();
    }
    if (ended->ended_here) {
        context.counters.logouts.fetch_add(1, std::memory_order_relaxed);
    }
    task<result<void>> accepted = acceptance(context.data, ended->wait_for);
    co_return co_await std::move(accepted);
}

task<failure> refuse_and_end(const service_context& context, failure why, const family_id& id, family_status reason,
                             const caller& from) {
    const result<ended_family> ended = end_family(context, id, reason, from);
    result<ticket> rests = ended ? result<ticket>(ended->wait_for) : result<ticket>(ended.error());
    task<failure> refusing = refusal(context.data, std::move(why), std::move(rests));
    co_return co_await std::move(refusing);
}

} // namespace pawl
