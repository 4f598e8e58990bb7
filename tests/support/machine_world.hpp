// Clients, APIs and scopes to ask with, over a memory_registry.
#pragma once

#include "core/provider/client_secret.hpp"
#include "core/service/machine_service.hpp"
#include "tests/support/memory_registry.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace pawl::test {

inline constexpr std::string_view orders_api = "https://orders.example", stock_api = "stock";

inline client machine_client(std::string client_id) {
    client c;
    c.client_id = std::move(client_id);
    c.preset = client_preset::service;
    c.client_credentials = true;
    c.scopes = {"orders:read", "orders:write", "stock:read"};
    c.default_scopes = {"orders:read"};
    c.apis = {std::string(orders_api), std::string(stock_api)};
    return c;
}

// What is in it: two APIs (the second's tokens are opaque), their scopes, one scope of no API.
inline void fill_catalogue(registry& entities) {
    const auto add_api = [&](std::string_view identifier, access_token_format format) {
        api a;
        a.identifier = identifier;
        a.token_format = format;
        entities.put_api(a).value();
    };
    add_api(orders_api, access_token_format::jwt);
    add_api(stock_api, access_token_format::opaque);
    const auto add_scope = [&](std::string_view name, std::string_view of) {
        scope s;
        s.name = name;
        s.api = of;
        entities.put_scope(s).value();
    };
    add_scope("orders:read", orders_api);
    add_scope("orders:write", orders_api);
    add_scope("stock:read", stock_api);
    add_scope("free", "");
}

inline client_ptr add_client(registry& entities, const client& wanted) {
    entities.put_client(wanted).value();
    return entities.find_client(wanted.client_id);
}

// Applies `edit` to the client's record as it is now.
template <class Edit>
client_ptr edit_client(registry& entities, std::string_view client_id, Edit edit) {
    client c = *entities.find_client(client_id);
    ++c.version;
    edit(c);
    entities.put_client(c).value();
    return entities.find_client(client_id);
}

} // namespace pawl::test
