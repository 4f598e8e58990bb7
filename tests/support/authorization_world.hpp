// A client, its catalogue, a user and a request that is good: what tests of the authorization endpoint change one thing
// of.
#pragma once

#include "core/provider/authorization_request.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace pawl::test {

// RFC 7636 appendix B.
inline constexpr std::string_view some_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                                  some_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
inline constexpr std::string_view some_redirect_uri = "https://shop.example/cb";
inline constexpr timestamp asked_at{seconds(1'790'000'000)};
inline constexpr std::uint16_t orders_read = 16, orders_write = 17, staff_only = 18, free_scope = 19;

inline client shop_client() {
    client c;
    c.number = {17};
    c.client_id = "shop";
    c.redirect_uris = {std::string(some_redirect_uri)};
    c.authorization_code = c.refresh_token = true;
    c.scopes = {"openid", "profile", "email",       "offline_access", "account",    "admin",
                "roles",  "free",    "orders:read", "orders:write",   "introspect", "staff"};
    c.default_scopes = {"openid", "orders:read"};
    c.apis = {"https://orders.example", "stock"};
    c.bind = client_binding::session;
    c.epoch = 3;
    return c;
}

// Two APIs of the shop, one of others; scopes with and without roles and APIs.
inline catalogue shop_catalogue() {
    catalogue all;
    std::uint16_t number = 1;
    for (const char* identifier : {"https://orders.example", "https://others.example", "stock"}) {
        auto a = std::make_shared<api>();
        a->number = {number++};
        a->identifier = identifier;
        all.apis.push_back(a);
    }
    const auto add = [&](const char* name, std::uint16_t its_number, const char* of, std::vector<std::string> roles) {
        auto s = std::make_shared<scope>();
        s->number = {its_number};
        s->name = name;
        s->api = of;
        s->roles = std::move(roles);
        all.scopes.push_back(s);
    };
    add("free", free_scope, "", {}); // by name, as a catalogue has them
    add("orders:read", orders_read, "https://orders.example", {});
    add("orders:write", orders_write, "https://orders.example", {"clerk"});
    add("staff", staff_only, "https://others.example", {"staff"});
    return all;
}

inline user_ptr some_user(std::uint64_t id = 42) {
    auto u = std::make_shared<user>();
    u->id = {id};
    u->roles = {"clerk"};
    u->gate.epoch = 5;
    return u;
}

inline authorization_parameters good_parameters() {
    return {{"response_type", "code"},        {"client_id", "shop"}, {"redirect_uri", std::string(some_redirect_uri)},
            {"scope", "openid orders:read"},  {"state", "a state"},  {"code_challenge", std::string(some_challenge)},
            {"code_challenge_method", "S256"}};
}
inline authorization_parameters without(authorization_parameters all, std::string_view name) {
    std::erase_if(all, [&](const auto& one) { return one.first == name; });
    return all;
}
inline authorization_parameters with(authorization_parameters all, std::string name, std::string value) {
    all.emplace_back(std::move(name), std::move(value));
    return all;
}
inline authorization_parameters with_other(const authorization_parameters& all, std::string name, std::string value) {
    return with(without(all, name), name, std::move(value));
}

inline family_id id_of(std::uint8_t fill) {
    family_id id;
    id.bytes.fill(fill);
    return id;
}

inline auto read(const authorization_parameters& given, const client& who = shop_client(),
                 std::optional<user_id> hinted = std::nullopt, bool hint_given = false) {
    const catalogue all = shop_catalogue();
    return read_authorization_request(
        given, {std::make_shared<client>(who), all, asked_at, id_of(0xF0), hinted, hint_given || hinted});
}

} // namespace pawl::test
