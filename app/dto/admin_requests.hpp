// Bodies and queries of /admin/* into what the services take. As in requests.hpp, all faults are reported at once.
#pragma once

#include "app/http/member_reader.hpp"
#include "app/http/parameters.hpp"
#include "core/failure.hpp"
#include "core/ids.hpp"
#include "core/jwt/key_ring.hpp"
#include "core/service/admin_service.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace pawl::app {

// email; password or password_hash; optional username, first_name, surname, roles, is_superuser, email_verified,
// enabled, attributes.
result<new_user> read_new_user(member_reader& body);
// Any of them; attributes null: none any more.
result<user_changes> read_user_changes(member_reader& body);

// ?after=ID&limit=N, or ?login=NAME.
struct user_query {
    std::optional<std::string> login;
    user_id after;
    std::size_t limit = 100;
};
result<user_query> read_user_query(const parameters& query);

// ?after=N&limit=N: `after` is the `next` of a page.
struct client_query {
    client_number after;
    std::size_t limit = 100;
};
result<client_query> read_client_query(const parameters& query);

// Optional `overlap`, in seconds.
result<seconds> read_secret_overlap(member_reader& reader);

// `user_id`, in a query or in a body: required.
result<user_id> read_query_user(const parameters& query);
result<user_id> read_user_of(const parameters& body);

// `user_id` and `client_id`, in a query: both required.
struct consent_of {
    user_id user;
    std::string client; // its client_id
};
result<consent_of> read_query_consent(const parameters& query);

// user_id; optional client: printable ASCII, cut to nothing, at most family_use::agent_size_max.
struct minting {
    user_id user;
    std::string client;
};
result<minting> read_minting(const parameters& body);

enum class key_kind : std::uint8_t { signing, refresh, capsule };
// {"kind":"signing"|"refresh"|"capsule"}, signing where it does not say; for signing keys also optional now and alg.
struct key_rotation {
    key_kind kind = key_kind::signing;
    bool now = false;                       // it signs at once
    std::optional<jws_algorithm> algorithm; // std::nullopt: every one in use
};
result<key_rotation> read_key_rotation(const parameters& body);

// Exactly one of kid, refresh_id and capsule_id; optional force, which a capsule key has not.
struct key_retirement {
    key_kind kind = key_kind::signing;
    std::string kid;     // of a signing key
    std::uint8_t id = 0; // of another
    bool force = false;
};
result<key_retirement> read_key_retirement(const parameters& body);

} // namespace pawl::app
