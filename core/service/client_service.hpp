// What an operator may do with clients, APIs and scopes (docs/provider.md). Every change is an event in the log, with
// who did it, and is durable before it is told of.
#pragma once

#include "core/port/signer_maker.hpp"
#include "core/provider/client_rules.hpp"
#include "core/provider/client_wishes.hpp"
#include "core/service/admin_service.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pawl {

struct made_client {
    client_ptr record;
    secret_string secret; // empty where it proves itself in another way; told once, kept nowhere
};
struct added_secret {
    std::uint32_t serial = 0;
    secret_string text; // told once, kept nowhere
};
struct client_page {
    std::vector<client_ptr> clients;
    std::optional<client_number> next; // the last one shown, where there are more
};
struct seen_api {
    api_ptr record;
    catalogue_ptr known; // with the scopes that are its
};

inline constexpr std::size_t clients_page_max = 1000;

// Any thread. `entities` of the context is not null.
// All may refuse with storage_unavailable; changes with validation_failed, and with not_admin or invalid_access_token
// where `by` is no operator any more. A null of what was wished takes a member back to what its preset has.
class client_service {
public:
    // `signers` outlives it; null: keys are of no concern, in tests of other things.
    explicit client_service(service_context context, signer_maker* signers = nullptr);

    // --- Clients: client_not_found, client_id_taken, too_many_entities. The secret of one that proves itself with one
    // is made with it. Where nothing else speaks against a client that signs people in, a key for its ID tokens is made
    // before it is there, with an event: key_file_read_only, too_many_keys, operations_busy.
    task<result<made_client>> create_client(operator_caller by, client_wishes wanted);
    // What is not said stays. `enabled` false ends every token of it.
    task<result<client_ptr>> change_client(operator_caller by, std::string client_id, client_wishes wanted);
    // A tombstone: its client_id is free again, every token of it is dead.
    task<result<void>> remove_client(operator_caller by, std::string client_id);
    // In the order of their making; `limit` is 1 to clients_page_max.
    task<result<client_page>> list_clients(client_number after, std::size_t limit);
    task<result<client_ptr>> find_client(std::string client_id);
    // One more secret. The one before ends after `overlap` (0 to secret_overlap_max) if it does not end sooner, the one
    // before that at once.
    task<result<added_secret>> add_secret(operator_caller by, std::string client_id, seconds overlap);
    // secret_not_found.
    task<result<void>> remove_secret(operator_caller by, std::string client_id, std::uint32_t serial);
    // Every token of the client is dead.
    task<result<void>> log_out_client(operator_caller by, std::string client_id);

    // --- APIs: api_not_found, api_taken, too_many_entities; still_named where a client or a scope names it. Scopes
    // that are wished for and that there aren't are made with it.
    task<result<seen_api>> create_api(operator_caller by, api_wishes wanted);
    task<result<seen_api>> change_api(operator_caller by, std::string identifier, api_wishes wanted);
    task<result<void>> remove_api(operator_caller by, std::string identifier);
    task<result<seen_api>> find_api(std::string identifier);

    // --- Scopes: scope_not_found, scope_taken, too_many_entities; still_named where a client names it.
    task<result<scope_ptr>> create_scope(operator_caller by, scope_wishes wanted);
    task<result<scope_ptr>> change_scope(operator_caller by, std::string name, scope_wishes wanted);
    task<result<void>> remove_scope(operator_caller by, std::string name);
    task<result<scope_ptr>> find_scope(std::string name);

    // All APIs and scopes.
    task<result<catalogue_ptr>> list_catalogue();

private:
    service_context context_;
    signer_maker* const signers_;
    // Set while a change looks and puts: what one record names, another change must not remove meanwhile. Never across
    // a wait for storage.
    std::atomic_flag changing_;
};

} // namespace pawl
