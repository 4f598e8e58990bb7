// A user, a client that signs users in, and codes for them: what tests of code_service start from.
#pragma once

#include "core/provider/authorization_code.hpp"
#include "core/provider/web_cookie.hpp"
#include "core/service/code_service.hpp"
#include "core/service/machine_service.hpp"
#include "core/text/encoding.hpp"
#include "tests/support/machine_world.hpp"
#include "tests/support/named_key.hpp"
#include "tests/support/service_world.hpp"

#include <boost/json.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pawl::test {

// Signs by appending a word. `before` runs where a real one would suspend.
struct fake_signer final : token_signer {
    struct counted_place final : signing_place {
        explicit counted_place(unsigned& count) : taken(count) { ++taken; }
        ~counted_place() override { --taken; }
        unsigned& taken;
    };

    std::function<void()> before;
    bool is_full = false;        // admits no signature
    std::optional<errc> refuses; // the signature, once it is admitted
    bool throws = false;         // instead of a signature
    unsigned taken = 0;          // places
    result<signing_turn> admit(std::shared_ptr<const jws_key> key) override {
        if (is_full) {
            return failure(errc::password_queue_full, seconds(1));
        }
        return signing_turn{std::move(key), std::make_unique<counted_place>(taken)};
    }
    task<result<std::string>> sign(signing_turn turn, std::string signing_input) override {
        if (turn.key == nullptr || turn.place == nullptr) {
            throw std::logic_error("a signature without a turn");
        }
        if (before) {
            before();
        }
        if (throws) {
            throw signing_failed("no signature now");
        }
        if (refuses) {
            co_return *refuses;
        }
        co_return signing_input + ".signed";
    }
};

inline boost::json::object payload_of(std::string_view jwt) {
    const std::size_t first = jwt.find('.') + 1;
    const auto bytes = base64url_decode(jwt.substr(first, jwt.find('.', first) - first));
    return boost::json::parse(std::string(bytes->begin(), bytes->end())).as_object();
}

struct code_world : service_world {
    static constexpr std::string_view callback = "https://shop.example/cb";
    // RFC 7636, appendix B.
    static constexpr std::string_view verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fake_signer signer;
    service_context with_signer{data,      time,   random, hasher, limiter, settings, counters, [this] { return keys; },
                                &entities, &signer};
    code_service codes{with_signer};
    session_service refreshes{with_signer};
    access_guard own_guard{with_signer};
    machine_service machines{with_signer, own_guard};
    user_id alice = add_user("alice@example.org");
    client_ptr shop;
    family_id browser; // her session at the pages

    code_world() {
        auto ring = std::make_shared<key_ring>(*keys);
        ring->other_signers.push_back({timestamp{}, std::make_shared<const named_key>()});
        keys = std::move(ring);
        data.entities = &entities;
        fill_catalogue(entities);
        client c = machine_client("shop");
        c.preset = client_preset::web;
        c.client_credentials = false;
        c.authorization_code = c.refresh_token = true;
        c.redirect_uris = {std::string(callback)};
        c.scopes = {"openid", "profile", "email", "roles", "offline_access", "orders:read", "orders:write"};
        c.id_token_alg = id_token_algorithm::es256;
        c.consent = client_consent::never;
        shop = add_client(entities, c);
        browser = open_browser_session();
    }

    family_id open_browser_session() {
        family_facts facts;
        facts.id.bytes.fill(0xB0);
        facts.user = alice;
        facts.client = web_client;
        facts.created_at = time.now();
        facts.idle_ttl = facts.absolute_ttl = seconds(14 * 86400);
        data.insert_family(facts, family_word{}, {}).value();
        return facts.id;
    }
    static scope_set scopes(std::initializer_list<builtin_scope> some) {
        scope_set out;
        for (const builtin_scope one : some) {
            out.insert(static_cast<std::size_t>(one));
        }
        return out;
    }
    // As one that was made just now, of her browser session, for openid, profile, email.
    authorization_code code(std::uint8_t number = 1) const {
        authorization_code c;
        c.grant.bytes.fill(number);
        c.client = shop->number;
        c.user = alice;
        c.session = browser;
        c.bound = true;
        c.issued_at = c.auth_time = time.now();
        c.expires_at = time.now() + seconds(60);
        c.acr = acr_password;
        c.amr = amr_password;
        c.scopes = scopes({builtin_scope::openid, builtin_scope::profile, builtin_scope::email});
        c.redirect_uri_hash = hash_of_redirect_uri(callback);
        c.redirect_uri_given = true;
        // RFC 7636, appendix B: E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
        c.code_challenge.emplace();
        base64url_decode_into("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", *c.code_challenge);
        c.nonce = "n-0S6_WzA2Mj";
        return c;
    }
    secret_string text_of(const authorization_code& c) {
        return seal_code(*keys->capsules, c, entities.history_mark(), random).value();
    }
    static code_presentation shown(const secret_string& text) {
        code_presentation p;
        p.code = text;
        p.redirect_uri = std::string(callback);
        p.code_verifier = std::string(verifier);
        return p;
    }
    token_client asking() const { return {shop->number, shop->client_id}; }
    result<issued_tokens> exchange(const secret_string& text, caller from = from_host(1)) {
        return run(codes.exchange(asking(), shown(text), std::move(from)));
    }
    result<refreshed> refresh_of(const issued_tokens& tokens, std::optional<std::string> scope = {},
                                 std::vector<std::string> resources = {}) {
        return run(
            refreshes.refresh(tokens.refresh_token, asking(), from_host(1), std::move(scope), std::move(resources)));
    }
    void edit_shop(const std::function<void(client&)>& edit) { shop = edit_client(entities, "shop", edit); }
    void edit_alice(const std::function<void(user&)>& edit) {
        user u = *data.user_with_tombstones(alice);
        ++u.version;
        edit(u);
        data.replace_user(u).value();
    }
    void end(const family_id& id, family_status why) {
        const family_word word = word_of(id);
        data.exchange_family(id, word, word.with_status(why), {}).value();
    }
    // What she allowed the client, version after version.
    consent_ptr allow(const scope_set& some) {
        consent c;
        const consent_ptr there = entities.find_consent(alice, shop->number);
        if (there) {
            c = *there;
            ++c.version;
        }
        c.user = alice;
        c.client = shop->number;
        c.scopes = some; // also fewer, which the service never makes of more
        c.granted_at = time.now();
        entities.set_consent(c);
        return entities.find_consent(alice, shop->number);
    }
    void withdraw() { entities.set_consent(withdrawn(*entities.find_consent(alice, shop->number), time.now())); }
    bool is_there(const family_id& id) const { return data.find_family(id).has_value(); }
};

} // namespace pawl::test
