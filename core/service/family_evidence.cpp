#include "core/service/family_evidence.hpp"

#include "core/service/durable_answer.hpp"

#include <utility>

namespace pawl {

namespace {

void count(std::atomic<std::uint64_t>& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
}

} // namespace

family_use last_use_of(const service_context& context, const family_id& id) {
    std::optional<family_details> details = context.data.find_family_details(id);
    return details ? std::move(details->last_use) : family_use{};
}

ticket append_evidence(const service_context& context, event_kind kind, const family_evidence& evidence,
                       std::string about) {
    security_event event;
    event.kind = kind;
    event.user = evidence.seen.facts.user;
    event.family = evidence.seen.facts.id;
    event.generation_presented = evidence.presented;
    event.generation_current = evidence.seen.word.generation();
    event.presented = use_of(evidence.from, evidence.now);
    event.last = evidence.last;
    event.about = std::move(about);
    return context.data.append_event(event);
}

bool leaves_evidence(verdict what) {
    return what == verdict::reuse || what == verdict::ahead_revoked || what == verdict::healed;
}

ticket record_exchange(const service_context& context, verdict what, const family_evidence& evidence) {
    service_counters& counters = context.counters;
    switch (what) {
    case verdict::rotate:
        count(counters.rotations);
        return ticket::none;
    case verdict::healed:
        count(counters.healed);
        return append_evidence(context, event_kind::family_healed, evidence);
    case verdict::reuse:
        count(counters.reuses);
        return append_evidence(context, event_kind::reuse_detected, evidence);
    case verdict::ahead_revoked:
        count(counters.ahead_revoked);
        return append_evidence(context, event_kind::family_ahead, evidence);
    default: // exhausted, or nothing was exchanged
        return ticket::none;
    }
}

} // namespace pawl
