#include "core/service/durable_answer.hpp"

#include "core/provider/client.hpp"

#include <utility>

namespace pawl {

result<ticket> rests_on(const service_context& context, const family_state& seen) {
    store& data = context.data;
    const result<ticket> word = data.observe_family(seen.facts.id, seen.word);
    if (!word) {
        return word;
    }
    const result<ticket> gate = data.observe_user(seen.facts.user, seen.user_version);
    if (!gate) {
        return gate;
    }
    ticket wait_for = later(*word, *gate);
    if (seen.facts.origin.parent != family_id{}) {
        const result<ticket> parent = data.observe_family(seen.facts.origin.parent, seen.bonds.parent_word);
        if (!parent) {
            return parent;
        }
        wait_for = later(wait_for, *parent);
    }
    if (context.entities != nullptr && seen.facts.client >= first_registered_client) {
        wait_for = later(wait_for, context.entities->rests_on());
    }
    return wait_for;
}

task<failure> refusal(durability_port& data, failure why, result<ticket> rests) {
    if (!rests) {
        co_return rests.error();
    }
    task<bool> wait = data.durable(*rests);
    const bool stands = co_await std::move(wait);
    if (!stands) {
        co_return storage_failure();
    }
    co_return why;
}

task<result<void>> acceptance(durability_port& data, result<ticket> rests) {
    if (!rests) {
        co_return rests.error();
    }
    task<bool> wait = data.durable(*rests);
    const bool stands = co_await std::move(wait);
    if (!stands) {
        co_return storage_failure();
    }
    co_return result<void>();
}

} // namespace pawl
