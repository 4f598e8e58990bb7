// What presentations of a family's tokens or cookies leave behind: counters, and events with both sides of the
// evidence.
#pragma once

#include "core/service/services.hpp"

#include <cstdint>
#include <string>

namespace pawl {

// One presentation. Awaited by nothing: the references outlive the call.
struct family_evidence {
    const family_state& seen;    // as it was before the exchange
    std::uint32_t presented = 0; // the generation
    const caller& from;
    const family_use& last; // last_use_of() it
    timestamp now{};
};

// The record of the family's last rotation. Read before the exchange, so that where the exchange succeeds nothing lay
// in between.
family_use last_use_of(const service_context& context, const family_id& id);

// What it returns is to be waited for with the answer.
ticket append_evidence(const service_context& context, event_kind kind, const family_evidence& evidence,
                       std::string about = {});

// Whether a presentation that ends so leaves an event: then record_exchange() wants `last`.
bool leaves_evidence(verdict what);
// By the request whose exchange succeeded: counts it, and appends its event if it leaves one. In the same way.
ticket record_exchange(const service_context& context, verdict what, const family_evidence& evidence);

} // namespace pawl
