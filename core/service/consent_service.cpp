#include "core/service/consent_service.hpp"

#include "core/service/end_family.hpp"
#include "core/service/entity_change.hpp"

#include <string>
#include <utility>

namespace pawl {

namespace {

// Who did what to whom.
struct consent_act {
    const service_context& context;
    user_id user;
    client_number client;
    const caller& from;
    const std::optional<operator_caller>& by; // std::nullopt: the user
};

std::string name_of_client(const service_context& context, client_number number) {
    const client_ptr who = context.entities->find_client(number);
    return who ? who->client_id : std::to_string(number.value); // removed a moment ago
}

ticket record_consent(const consent_act& act, event_kind kind) {
    std::string about = name_of_client(act.context, act.client);
    if (act.by) {
        return record_act(act.context, *act.by, kind, act.user, family_id{}, std::move(about));
    }
    security_event event;
    event.kind = kind;
    event.user = event.by = act.user;
    event.presented = use_of(act.from, act.context.time.now());
    event.about = std::move(about);
    return act.context.data.append_event(event);
}

// What storing a record came to; std::nullopt where another was faster.
std::optional<entity_answer<consent_ptr>> put(const consent_act& act, consent desired, event_kind kind) {
    registry& all = *act.context.entities;
    const result<put_result> done = all.put_consent(desired);
    if (!done) {
        return entity_answer<consent_ptr>{done.error()};
    }
    switch (done->outcome) {
    case put_outcome::done: {
        const ticket noted = record_consent(act, kind);
        return entity_answer<consent_ptr>{std::make_shared<const consent>(std::move(desired)),
                                          later(done->wait_for, noted)};
    }
    case put_outcome::conflict:
        return std::nullopt;
    case put_outcome::full:
        return entity_answer<consent_ptr>{failure(errc::too_many_consents), later(done->wait_for, all.rests_on())};
    default: {
        const bool here = act.context.data.find_user(act.user) != nullptr;
        return entity_answer<consent_ptr>{failure(here ? errc::client_not_found : errc::user_not_found),
                                          later(done->wait_for, all.rests_on())};
    }
    }
}

entity_answer<consent_ptr> allow_more(const consent_act& act, const scope_set& more) {
    registry& all = *act.context.entities;
    for (unsigned tries = 0; tries < conflicts_max; ++tries) {
        const consent_ptr there = all.find_consent(act.user, act.client);
        std::optional<consent> next = allowed_more(there.get(), act.user, act.client, more, act.context.time.now());
        if (!next) {
            return there && stands(*there)
                       ? entity_answer<consent_ptr>{there, all.rests_on()}
                       : entity_answer<consent_ptr>{failure(errc::consent_not_found), all.rests_on()};
        }
        if (auto done = put(act, *std::move(next), event_kind::consent_granted)) {
            return *std::move(done);
        }
    }
    return {storage_failure()};
}

entity_answer<consent_ptr> withdraw_all(const consent_act& act) {
    registry& all = *act.context.entities;
    for (unsigned tries = 0; tries < conflicts_max; ++tries) {
        const consent_ptr there = all.find_consent(act.user, act.client);
        if (!there) {
            return {failure(errc::consent_not_found), all.rests_on()};
        }
        if (!stands(*there)) {
            return {there, all.rests_on()}; // the caller sees whether something was left to do
        }
        if (auto done = put(act, withdrawn(*there, act.context.time.now()), event_kind::consent_withdrawn)) {
            return *std::move(done);
        }
    }
    return {storage_failure()};
}

struct ended_families {
    std::size_t count = 0;
    ticket wait_for = ticket::none;
};

// Whether the family is of the consent that was withdrawn. One without an era that was made in a time that is still to
// come was made by a clock that was wrong.
bool was_made_with(const family_facts& facts, const consent& withdrawn, timestamp now) {
    return is_withdrawn(&withdrawn, client_consent::ask, facts) ||
           (facts.grant.consent_era == 0 && facts.created_at > now);
}

// Each family of the user and the client, expired ones as well (end_family.hpp), that was made with this consent.
result<ended_families> end_families(const consent_act& act, const consent& withdrawn) {
    ended_families out;
    const timestamp now = act.context.time.now();
    for (const family_details& f : act.context.data.families_of(act.user)) {
        const family_facts& facts = f.state.facts;
        if (facts.client != act.client || !was_made_with(facts, withdrawn, now)) {
            continue;
        }
        const result<ended_family> ended = end_family(act.context, facts.id, family_status::consent, act.from);
        if (!ended) {
            return ended.error();
        }
        out.count += ended->ended_here ? 1U : 0U;
        out.wait_for = later(out.wait_for, ended->wait_for);
    }
    return out;
}

} // namespace

task<result<consent_ptr>> consent_service::allow(user_id user, client_number client, scope_set more, caller from) {
    const std::optional<operator_caller> itself;
    entity_answer<consent_ptr> decided = allow_more({context_, user, client, from, itself}, more);
    task<result<consent_ptr>> telling = tell(context_.data, std::move(decided));
    co_return co_await std::move(telling);
}

std::vector<consent_ptr> consent_service::of_user(user_id user) const {
    std::vector<consent_ptr> all = context_.entities->consents_of(user);
    std::erase_if(all, [](const consent_ptr& c) { return !stands(*c); });
    return all;
}

task<result<void>> consent_service::withdraw(user_id user, client_number client, caller from,
                                             std::optional<operator_caller> by) {
    if (by) {
        if (std::optional<failure> refused = no_operator(context_, *by)) {
            co_return *std::move(refused);
        }
    }
    const consent_act act{context_, user, client, from, by};
    const consent_ptr before = context_.entities->find_consent(user, client);
    entity_answer<consent_ptr> decided = withdraw_all(act);
    task<result<consent_ptr>> telling = tell(context_.data, std::move(decided));
    const result<consent_ptr> record = co_await std::move(telling);
    if (!record) {
        co_return record.error();
    }
    // An exchange or a refresh that still saw the consent looks once more before it answers.
    const result<ended_families> ended = end_families(act, **record);
    if (!ended) {
        co_return ended.error();
    }
    const bool stood = before && stands(*before);
    task<result<void>> accepted = acceptance(context_.data, ended->wait_for);
    const result<void> done = co_await std::move(accepted);
    if (done && !stood && ended->count == 0) {
        co_return errc::consent_not_found;
    }
    co_return done;
}

} // namespace pawl
