// One account with two sessions that requests contend for, and what must hold whatever their order: at each reply,
// against what a crash at that instant would leave, and at the end.
#pragma once

#include "core/service/issue.hpp"
#include "tests/support/service_world.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pawl::test {

enum class request : std::uint8_t {
    refresh,         // F1's current token
    replay,          // F1's token of long ago
    logout,          // F1
    end,             // F1, by S2
    end_others,      // by S2: F1 dies, F2 survives
    logout_all,      // by S2
    change_password, // by S2: F1 dies, F2 survives
    disable,
    remove, // by S2
    login,  // with the password of the beginning
    change_profile,
    authenticate, // with F1's access token
};
inline constexpr std::array all_requests{
    request::refresh,    request::replay,         request::logout,          request::end,
    request::end_others, request::logout_all,     request::disable,         request::remove,
    request::login,      request::change_profile, request::change_password, request::authenticate};

inline const char* name_of(request r) {
    static constexpr std::array names{"refresh",    "replay",     "logout",          "end",
                                      "end_others", "logout_all", "change_password", "disable",
                                      "remove",     "login",      "change_profile",  "authenticate"};
    return names[static_cast<std::size_t>(r)];
}

// What one request was answered.
struct reply {
    bool given = false, ok = false;
    errc why{};
    std::string refresh_token; // of a refresh or login that succeeded
};

// One user with two sessions, S1 on family F1 and S2 on F2. F1 is at generation 1, rotated long ago.
class contested_account {
public:
    contested_account(bool strict, bool rehash) {
        if (strict) {
            world.settings.refresh.reuse_window = seconds(0);
            world.settings.refresh.lost_response_window = seconds(0);
        }
        owner = world.add_user("alice@example.org");
        world.hasher.cost = rehash ? 3 : 2;
        s1 = sign_in(1, family_word{}.with_generation(1));
        s2 = sign_in(2, family_word{});
        world.time.advance(seconds(300));
        access_token = issue_tokens(world.context, *world.keys, world.data.find_family(s1.session)->facts,
                                    world.word_of(s1.session), world.time.now(), first_party_client_id)
                           .access_token;
        world.data.hold_durability();
    }

    // Runs on the thread that has the turn.
    void ask(request what, std::size_t slot) {
        reply& answer = replies[slot];
        perform(what, slot, answer);
        answer.given = true;
        quiet = true;
        check_reply(what, answer);
        quiet = false;
    }

    void check_end(const std::vector<request>& asked) {
        quiet = true;
        world.data.make_durable();
        check_revocations(asked);
        check_user(asked);
        check_family();
        check_login(asked);
    }

    service_world world;
    user_id owner;
    principal s1, s2;
    std::string access_token;
    std::array<reply, 3> replies;
    std::vector<std::string> broken; // invariants that did not hold
    bool quiet = false;              // the checks' own looks at the store are no points to switch at

private:
    principal sign_in(std::uint8_t number, family_word word) {
        family_facts facts;
        facts.id.bytes.fill(number);
        facts.user = owner;
        facts.created_at = world.time.now();
        facts.idle_ttl = world.settings.refresh_idle_ttl;
        facts.absolute_ttl = world.settings.refresh_absolute_ttl;
        world.data.insert_family(facts, word, {.at = world.time.now(), .address = {}, .agent = {}}).value();
        principal who;
        who.user = world.data.find_user(owner);
        who.session = facts.id;
        who.generation = word.generation();
        return who;
    }

    template <class T>
    void take(const result<T>& outcome, reply& answer) {
        answer.ok = outcome.has_value();
        answer.why = outcome.error().code;
    }

    static std::string new_password(std::size_t slot) { return "new password number " + std::to_string(slot); }

    void perform(request what, std::size_t slot, reply& answer) {
        const caller from = from_host(9);
        const secret_string password(service_world::password);
        switch (what) {
        case request::refresh:
        case request::replay: {
            const auto done = run(world.sessions.refresh(world.token_at(s1.session, what == request::refresh ? 1 : 0),
                                                         first_party(), from));
            take(done, answer);
            answer.refresh_token = done ? std::string(done->tokens.refresh_token.reveal()) : "";
            break;
        }
        case request::logout:
            take(run(world.sessions.logout(world.token_at(s1.session, 0), from)), answer);
            break;
        case request::end:
            take(run(world.sessions.end(s2, s1.session, from)), answer);
            break;
        case request::end_others:
            take(run(world.sessions.end_others(s2, from)), answer);
            break;
        case request::logout_all:
            take(run(world.sessions.logout_all(s2, from)), answer);
            break;
        case request::change_password:
            take(run(world.accounts.change_password(s2, password, secret_string(new_password(slot)), from)), answer);
            break;
        case request::disable:
            take(run(world.accounts.set_enabled(owner, false)), answer);
            break;
        case request::remove:
            take(run(world.accounts.remove(s2, password, from)), answer);
            break;
        case request::login: {
            const auto done = run(world.sessions.login("alice@example.org", password, {first_party(), from}));
            take(done, answer);
            answer.refresh_token = done ? std::string(done->refresh_token.reveal()) : "";
            break;
        }
        case request::change_profile: { // members of their own, so that neither may be lost
            profile_change change;
            (slot == 0 ? change.first_name : change.surname) = "Changed";
            take(run(world.accounts.change_profile(s2, change, from)), answer);
            break;
        }
        case request::authenticate:
            take(run(world.guard.authenticate(access_token)), answer);
            break;
        }
    }

    void expect(bool holds, const char* what) {
        if (!holds) {
            broken.emplace_back(what);
        }
    }

    // What was said, against what a crash right now would leave.
    void check_reply(request what, const reply& answer) {
        const std::unique_ptr<memory_store> left = world.data.after_crash();
        const bool f1 = world.is_alive_in(*left, s1.session), f2 = world.is_alive_in(*left, s2.session);
        const user_ptr user_left = left->user_with_tombstones(owner);
        const bool refused_as_dead = !answer.ok && answer.why == errc::invalid_access_token;
        switch (what) {
        case request::refresh:
        case request::replay:
            if (answer.ok) {
                expect(what == request::refresh, "a token of long ago was honoured");
                expect(world.is_alive(s1.session), "tokens of a dead family were handed out");
                expect(left->find_family(s1.session)->word.generation() >= 2, "a rotation was told before durable");
            } else {
                expect(answer.why == errc::session_revoked || answer.why == errc::refresh_token_reused,
                       "a refresh was refused for no good reason");
                expect(!f1, "a refusal was told before what it rests on was durable");
            }
            break;
        case request::logout:
            expect(answer.ok, "a logout was refused");
            expect(!f1, "a logout was told before durable");
            break;
        case request::end:
            expect(answer.ok || answer.why == errc::session_not_found || refused_as_dead, "an end was refused");
            expect(refused_as_dead ? !f2 : !f1, "an end was told before durable");
            break;
        case request::end_others:
        case request::logout_all:
        case request::change_profile:
            expect(answer.ok || refused_as_dead, "a change was refused for no good reason");
            expect(answer.ok || !f2, "a session was called dead before that was durable");
            break;
        case request::change_password:
        case request::remove:
            expect(answer.ok || refused_as_dead || answer.why == errc::wrong_password ||
                       (answer.why == errc::storage_unavailable && world.counters.rehashes > 0),
                   "a change was refused for no good reason");
            expect(!refused_as_dead || !f2, "a session was called dead before that was durable");
            expect(answer.why != errc::wrong_password || !is_hash_of(user_left->password_hash, service_world::password),
                   "a password was called wrong before that was durable");
            break;
        case request::disable:
            expect(answer.ok || answer.why == errc::user_not_found, "disabling was refused");
            expect(!answer.ok || !user_left->gate.enabled, "disabling was told before durable");
            break;
        case request::login:
            if (answer.ok) {
                const family_id opened = world.place_of(secret_string(answer.refresh_token)).family;
                expect(world.is_alive(opened), "a login was given a dead family");
                expect(left->find_family(opened).has_value(), "a login was told before durable");
            } else {
                expect(answer.why == errc::login_failed, "a login was refused for no good reason");
                expect(!user_left->gate.enabled || !is_hash_of(user_left->password_hash, service_world::password),
                       "a login was refused on what was not durable");
            }
            break;
        case request::authenticate:
            expect(answer.ok || refused_as_dead, "an access token was refused for no good reason");
            expect(answer.ok || !f1, "an access token was refused on what was not durable");
            break;
        }
        if (answer.ok && (what == request::end_others || what == request::logout_all ||
                          what == request::change_password || what == request::remove)) {
            expect(!f1, "a revocation was told before durable");
            expect(what == request::end_others || what == request::change_password || !f2,
                   "a revocation of all was told before durable");
        }
    }

    unsigned succeeded(const std::vector<request>& asked, request what) const {
        unsigned n = 0;
        for (std::size_t i = 0; i < asked.size(); ++i) {
            n += asked[i] == what && replies[i].ok ? 1U : 0U;
        }
        return n;
    }

    unsigned succeeded(const std::vector<request>& asked, std::initializer_list<request> any) const {
        unsigned n = 0;
        for (const request r : any) {
            n += succeeded(asked, r);
        }
        return n;
    }

    void check_revocations(const std::vector<request>& asked) {
        const bool f1_ended = succeeded(asked, {request::logout, request::end, request::end_others, request::logout_all,
                                                request::change_password, request::disable, request::remove}) > 0 ||
                              std::count(asked.begin(), asked.end(), request::replay) > 0;
        const bool f2_ended = succeeded(asked, {request::logout_all, request::disable, request::remove}) > 0;
        if (f1_ended) {
            expect(!world.is_alive(s1.session), "F1 outlived its revocation");
        }
        expect(world.is_alive(s2.session) == !f2_ended, "F2 is not what it should be");
        expect(world.counters.reuses <= 1, "one family ended in reuse twice");
        unsigned reused = 0, evidence = 0;
        for (const reply& r : replies) {
            reused += r.given && !r.ok && r.why == errc::refresh_token_reused ? 1U : 0U;
        }
        for (const security_event& e : world.data.events()) {
            evidence += e.kind == event_kind::reuse_detected ? 1U : 0U;
        }
        expect(reused == world.counters.reuses && evidence == reused, "verdicts, events and answers differ");
    }

    void check_user(const std::vector<request>& asked) {
        const user_ptr u = world.data.user_with_tombstones(owner);
        const unsigned closings = succeeded(asked, {request::end_others, request::logout_all, request::remove}) +
                                  succeeded(asked, request::change_password);
        // Disabling twice is one change; disabling what is deleted is none.
        const unsigned disabled = std::min(succeeded(asked, request::disable), 1U);
        const unsigned profiles = succeeded(asked, request::change_profile);
        const auto rehashes = static_cast<unsigned>(world.counters.rehashes.load());
        expect(u->version == 1 + closings + disabled + profiles + rehashes, "a change of the user was lost or doubled");
        expect(u->gate.epoch == closings + disabled, "the gate closed more or less often than was said");
        expect(succeeded(asked, request::change_password) <= 1, "one password was changed twice by who knew it");
        if (succeeded(asked, request::remove) > 0) {
            expect(u->deleted && u->password_hash.empty() && u->first_name.empty() && u->surname.empty(),
                   "something outlived the account");
            return;
        }
        for (std::size_t i = 0; i < asked.size(); ++i) {
            if (asked[i] == request::change_password && replies[i].ok) {
                expect(is_hash_of(u->password_hash, new_password(i)), "a changed password was lost");
            }
            if (asked[i] == request::change_profile && replies[i].ok) {
                expect((i == 0 ? u->first_name : u->surname) == "Changed", "a changed profile was lost");
            }
        }
    }

    // One chain: however many presented the same token, there is one successor of it.
    void check_family() {
        std::set<std::string> successors;
        for (const reply& r : replies) {
            if (r.ok && !r.refresh_token.empty()) {
                const refresh_token_place place = world.place_of(secret_string(r.refresh_token));
                if (place.family == s1.session) {
                    successors.insert(r.refresh_token);
                    expect(place.generation == 2, "a successor is not of the next generation");
                }
            }
        }
        expect(successors.size() <= 1, "a token has two successors");
        expect(world.word_of(s1.session).generation() == 1 + world.counters.rotations,
               "generations and rotations differ");
        const std::unique_ptr<memory_store> left = world.data.after_crash();
        expect(left->find_family(s1.session)->word.facts() == world.word_of(s1.session).facts(),
               "memory and disk differ in the end");
        expect(left->user_with_tombstones(owner)->version == world.data.user_with_tombstones(owner)->version,
               "memory and disk differ in a user in the end");
    }

    // A login with the old password was before anything that made it impossible, so its family is gone with the others.
    void check_login(const std::vector<request>& asked) {
        const bool impossible_after =
            succeeded(asked, {request::change_password, request::disable, request::remove}) > 0;
        const bool revocable = impossible_after || succeeded(asked, {request::logout_all, request::end_others}) > 0;
        for (std::size_t i = 0; i < asked.size(); ++i) {
            if (asked[i] != request::login || !replies[i].ok) {
                continue;
            }
            const bool lives = world.is_alive(world.place_of(secret_string(replies[i].refresh_token)).family);
            expect(!impossible_after || !lives, "a login outlived the end of its password");
            expect(revocable || lives, "a login's family died of nothing");
        }
    }
};

} // namespace pawl::test
