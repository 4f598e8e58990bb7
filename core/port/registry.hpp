// Port: clients, APIs, scopes and revoked tokens, as the services ask for them. storage/store/embedded_store implements
// it. Lookups and changes as in core/port/store.hpp: synchronous, any thread; a change publishes in memory and enqueues
// its record in one step, and nothing that rests on it is told before durable(ticket).
#pragma once

#include "core/failure.hpp"
#include "core/port/durability_port.hpp"
#include "core/port/import_outcome.hpp"
#include "core/provider/catalogue.hpp"
#include "core/provider/client.hpp"
#include "core/provider/consent.hpp"
#include "core/provider/revoked_token.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace pawl {

enum class put_outcome : std::uint8_t {
    done,     // wait for `wait_for`
    conflict, // the record is of another version by now: look again and decide again
    taken,    // of a new one: another has its client_id, identifier or name; wait for `wait_for` before saying so
    gone,     // no such record, or removed
    full,     // as many as there may be
};
struct put_result {
    put_outcome outcome{};
    ticket wait_for = ticket::none;
    std::uint32_t number = 0; // of the record: a new one is given its number
};

class registry {
public:
    virtual ~registry() = default;

    // --- Lookups. Null if unknown or removed. They never block.
    virtual client_ptr find_client(client_number number) const = 0;
    virtual client_ptr find_client(std::string_view client_id) const = 0;
    // The client for forward auth that this host is of (as forward_host() has it), enabled or not.
    virtual client_ptr find_client_of_host(std::string_view host) const = 0;
    virtual bool has_forward_hosts() const = 0; // whether there is any such host
    // In the order of numbers, those above `after`, at most `limit`.
    virtual std::vector<client_ptr> clients_after(client_number after, std::size_t limit) const = 0;
    virtual std::size_t count_clients() const = 0;
    // Whether an enabled client has a redirect URI of that web origin ("https://app.example").
    virtual bool is_origin_of_client(std::string_view origin) const = 0;
    virtual catalogue_ptr find_catalogue() const = 0; // never null
    virtual bool is_revoked(const token_id& id) const = 0;
    // What the user allowed this client, or withdrew (`withdrawn_at`).
    virtual consent_ptr find_consent(user_id user, client_number client) const = 0;
    // All of the user, withdrawn ones too, by the client's number.
    virtual std::vector<consent_ptr> consents_of(user_id user) const = 0;

    // --- Changes. A record with number 0 is new: it is given the next number and version 1. Else it replaces the one
    // of its number whose version is one less. A tombstone (`removed`; of a client only what tombstone_of() keeps)
    // frees the name: records become durable in the order of the changes, so one that takes the name never is without
    // the tombstone. validation_failed where the record is larger than any may be, or another name;
    // storage_unavailable. Changes that end something (removed, disabled, another epoch, a revoked token) may use the
    // reserved tail.
    virtual result<put_result> put_client(const client& desired) = 0;
    virtual result<put_result> put_api(const api& desired) = 0;
    virtual result<put_result> put_scope(const scope& desired) = 0;
    // `full`: its client has revoked_tokens_max already. `done` also where it is revoked already.
    virtual result<put_result> put_revoked(const revoked_token& token) = 0;
    // A consent has no number: one of version 1 is new. `gone`: its user or its client is. `full`: the user has
    // consents_per_user_max already. It is dropped with its user or client.
    virtual result<put_result> put_consent(const consent& desired) = 0;

    // --- Records of another store, as they were there: numbers and versions are kept, tombstones too. Only what is not
    // here yet is added: id_taken where the number is here with other content, name_taken (also of a client with a host
    // of another one), refused. A number that is added is not given again.
    virtual result<imported> import_client(const client& c) = 0;
    virtual result<imported> import_api(const api& a) = 0;
    virtual result<imported> import_scope(const scope& s) = 0;
    // id_taken where there is another of that user and client; no_user where the user is not here; refused where the
    // client is not, or the user has as many as there may be.
    virtual result<imported> import_consent(const consent& c) = 0;

    // What an answer that rests on any lookup above waits for: the latest change. ticket::none once that is durable.
    virtual ticket rests_on() const noexcept = 0;
    // Differs after every restore (storage/store: restore_mark()); 0 before the first. Tokens without a family carry
    // it.
    virtual std::uint64_t history_mark() const noexcept = 0;
};

} // namespace pawl
