// Clients, APIs, scopes, consents and revoked tokens while serving: what the port core/port/registry.hpp looks up and
// changes.
//
// Thread safety: lookups from any thread, without a lock: each reads one immutable view, or a lock-free map, within a
// read section, and copies what it found. What changes anything holds `mutex` (the functions that say so).
// Invariants, while the mutex is free:
//   (1) No two records of a kind that are not removed have the same name.
//   (2) No number of a client or an API is given twice: the highest one is that of a record, a tombstone too. One of a
//       scope is given again once none is left, its scope is removed and no family and no consent has its bit.
#pragma once

#include "core/port/registry.hpp"
#include "storage/entity/plain.hpp"
#include "storage/map/atomic.hpp"
#include "storage/map/rcu.hpp"
#include "storage/map/rcu_hash_map.hpp"
#include "storage/store/consent_table.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pawl::storage {

// All records of one kind: the current ones in a view that is replaced whole, tombstones beside it.
template <named_entity Record>
class registry_kind {
public:
    using ptr = std::shared_ptr<const Record>;
    using says = declaration<Record>;
    using bounds = registry_bounds<Record>;

    // Immutable. Freed after a grace period.
    struct view final : reclaimable {
        struct name_at {
            std::string_view name; // of the record
            std::uint32_t at = 0;  // its place in by_number
        };
        std::vector<ptr> by_number;
        std::vector<name_at> by_name;
        std::vector<std::string_view> origins; // of clients: of their redirect URIs, each once, in order
        std::vector<name_at> by_host;          // of clients: the hosts of forward auth, in order, then by number

        const ptr* find(std::uint32_t number) const noexcept;
        const ptr* find(std::string_view name) const noexcept;
        const ptr* find_by_host(std::string_view host) const noexcept;
        // The place of the first whose number is above.
        std::size_t place_above(std::uint32_t number) const noexcept;
    };

    explicit registry_kind(reclaimer& garbage);
    ~registry_kind();
    registry_kind(const registry_kind&) = delete;
    registry_kind& operator=(const registry_kind&) = delete;

    // Within a read section, or under the mutex.
    const view& current() const noexcept { return *current_.load(std::memory_order_acquire); }

    // --- Under the mutex, or before serving.
    // Of either sort; null if it was never there.
    ptr find_any(std::uint32_t number) const;
    // The number of the next new record: 0 if none is left. `version` becomes the one it begins with. `consents`: what
    // users allowed names scopes by their numbers.
    std::uint32_t next_number(std::uint64_t& version, const consent_table& consents) const;
    // A change, with all the memory that it takes.
    struct prepared {
        std::unique_ptr<view> next;
        typename std::map<std::uint32_t, ptr>::node_type tombstone; // empty unless removed
        std::uint32_t number = 0;
    };
    // `record` in the place of the one with its number.
    prepared prepare(const ptr& record) const;
    void publish(prepared change) noexcept;
    // Before serving.
    void fill(std::map<std::uint32_t, Record> all);
    std::vector<ptr> tombstones_and_current() const;

private:
    static std::unique_ptr<view> view_of(std::vector<ptr> by_number);

    reclaimer& garbage_;
    atomic<view*> current_;
    std::map<std::uint32_t, ptr> tombstones_; // under the mutex
    std::set<std::uint32_t> removed_before_;  // those that were there at the start; the same
};

extern template class registry_kind<client>;
extern template class registry_kind<api>;
extern template class registry_kind<scope>;

// A token that was revoked.
struct revoked_node final : map_link, reclaimable {
    explicit revoked_node(const revoked_token& t) : token(t) {}
    const revoked_token token;
};

class registry_table {
public:
    explicit registry_table(reclaimer& garbage);
    ~registry_table();
    registry_table(const registry_table&) = delete;
    registry_table& operator=(const registry_table&) = delete;

    mutable storage::mutex mutex;
    registry_kind<client> clients;
    registry_kind<api> apis;
    registry_kind<scope> scopes;
    consent_table consents;

    template <named_entity Record>
    registry_kind<Record>& of() noexcept {
        if constexpr (std::same_as<Record, client>) {
            return clients;
        } else if constexpr (std::same_as<Record, api>) {
            return apis;
        } else {
            return scopes;
        }
    }

    // --- Lookups.
    bool is_revoked(const token_id& id) const noexcept;
    catalogue_ptr find_catalogue() const;
    std::size_t count_revoked() const noexcept { return revoked_->size(); }

    // The latest change's sequence number; 0 before the first. What a lookup before this call found was published by
    // that change or by an earlier one.
    std::uint64_t latest() const noexcept;

    // --- Under the mutex. A change: begin(), publish, enqueue, end(its sequence number). All of it is prepared before,
    // so that nothing in between takes memory or fails.
    void begin() noexcept { changing_.store(true, std::memory_order_relaxed); }
    void end(std::uint64_t sequence) noexcept;
    std::uint64_t latest_under_mutex() const noexcept { return latest_.load(std::memory_order_relaxed); }

    // The catalogue with `changed` in it, as the next one.
    struct catalogue_view final : reclaimable {
        catalogue_ptr all;
    };
    std::unique_ptr<catalogue_view> prepare_catalogue(const registry_kind<api>::view& apis_then,
                                                      const registry_kind<scope>::view& scopes_then) const;
    void publish(std::unique_ptr<catalogue_view> next) noexcept;

    std::size_t count_revoked_of(client_number of) const;
    // Room for one more, so that add_revoked() takes no memory. Null if it is there already.
    struct revocation;
    std::unique_ptr<revocation> prepare_revoked(const revoked_token& token);
    void add_revoked(std::unique_ptr<revocation> prepared) noexcept;
    // Those that expired until then are forgotten.
    void drop_expired(timestamp now);
    // Of those after `last` in an order of their own (all of them after nothing) at most `limit`.
    std::vector<revoked_token> revoked_after(const std::optional<revoked_token>& last, std::size_t limit) const;

    // --- By the maintenance thread.
    void resize_to_fit() {
        revoked_->resize_to_fit();
        consents.resize_to_fit();
    }

    // Before serving: what recovery read. Throws refused if two of a kind have the same name. Consents of users that
    // `is_user` does not know, and of clients that are not there, are left out.
    void fill(plain_tables& read, const std::function<bool(user_id)>& is_user);

private:
    struct revoked_traits {
        using key = token_id;
        static bool equal(const revoked_node& node, const token_id& id) { return node.token.id == id; }
    };
    struct by_expiry {
        using is_transparent = void;
        using order = std::pair<timestamp, token_id>;
        static order of(const std::unique_ptr<revoked_node>& n) { return {n->token.expires_at, n->token.id}; }
        static order of(const order& o) { return o; }
        template <class A, class B>
        bool operator()(const A& a, const B& b) const {
            return of(a) < of(b);
        }
    };
    using expiry_set = std::set<std::unique_ptr<revoked_node>, by_expiry>;

    reclaimer& garbage_;
    atomic<catalogue_view*> catalogue_;
    atomic<bool> changing_{false};
    atomic<std::uint64_t> latest_{0};
    std::unique_ptr<rcu_hash_map<revoked_node, revoked_traits>> revoked_;
    // Under the mutex.
    expiry_set by_expiry_;
    std::unordered_map<std::uint32_t, std::size_t> revoked_of_; // by the client's number
};

struct registry_table::revocation {
    expiry_set::node_type node;
    std::unordered_map<std::uint32_t, std::size_t>::iterator count;
};

} // namespace pawl::storage
