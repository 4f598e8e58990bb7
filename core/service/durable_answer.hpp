// What the services share about answers: what one rests on, and waiting until that is durable (docs/on-disk.md, R1).
#pragma once

#include "core/family/family.hpp"
#include "core/service/services.hpp"

namespace pawl {

// How often a compare-exchange is tried on a fresh look before the request is refused with 503. Each miss is somebody
// else's success, so only a flood on one family or user gets here.
inline constexpr unsigned conflicts_max = 64;
// What a client is told to wait where storage can't take or stand by a change.
inline constexpr seconds storage_retry_after{1};

inline failure storage_failure() {
    return {errc::storage_unavailable, storage_retry_after};
}

inline family_use use_of(const caller& from, timestamp now) {
    return {.at = now, .address = from.address, .agent = from.agent};
}

// What an answer resting on this look at a family waits for: the word, the user record its gate came from, and what
// else it hangs on: its client's record, and its browser session's word.
result<ticket> rests_on(const service_context& context, const family_state& seen);

// A refusal: waits for what it rests on, then gives `why`; storage_unavailable where storage can't stand by it.
// Awaited directly: `data` outlives the call.
task<failure> refusal(durability_port& data, failure why, result<ticket> rests);

// An acceptance: nothing once durable, else storage_unavailable. Awaited directly.
task<result<void>> acceptance(durability_port& data, result<ticket> rests);

} // namespace pawl
