// What users allowed clients, while serving: of each user one immutable list, in the order of the clients' numbers,
// that is replaced whole. At most consents_per_user_max are in it.
//
// Thread safety: lookups from any thread, without a lock, within a read section. What changes anything holds the mutex
// of registry_table (the functions that say so), which has this table.
// Invariant: the record of a user and a client is replaced by one of a higher version, or dropped with either of them.
#pragma once

#include "core/provider/consent.hpp"
#include "storage/map/atomic.hpp"
#include "storage/map/hash.hpp"
#include "storage/map/rcu.hpp"
#include "storage/map/rcu_hash_map.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace pawl::storage {

class consent_table {
public:
    explicit consent_table(reclaimer& garbage);
    ~consent_table();
    consent_table(const consent_table&) = delete;
    consent_table& operator=(const consent_table&) = delete;

    // --- Lookups. Null if there is none. The pointer is valid within the section.
    const consent_ptr* find(const rcu_read_guard& section, user_id user, client_number client) const noexcept;
    std::vector<consent_ptr> of(user_id user) const;
    std::size_t users() const noexcept { return users_->size(); }

    // --- Under the mutex, or before serving.
    // Whether a record of one more client may be added.
    bool has_room(user_id user) const;
    // Of all consents. Walks them.
    scope_set scopes_in_use() const;
    // A change, with all the memory that it takes.
    struct list;
    struct node;
    struct prepared {
        std::unique_ptr<list> next;
        std::map<user_id, std::unique_ptr<node>>::node_type fresh; // of the user's first
        user_id user;
    };
    // `record` in the place of the one of its user and client.
    prepared prepare(const consent_ptr& record) const;
    void publish(prepared change) noexcept;
    // Of the users after `last`, at most `limit` of them, all records that `stays` is false for go; an empty list goes
    // as a whole. `last` becomes the last one looked at. False where there are no more.
    bool drop(user_id& last, std::size_t limit, const std::function<bool(const consent&)>& stays);
    // All records of the users after `last`, at most `limit` of them; `last` becomes the last one.
    std::vector<consent_ptr> after(user_id& last, std::size_t limit) const;

    // --- By the maintenance thread.
    void resize_to_fit() { users_->resize_to_fit(); }
    // Before serving.
    void grow_for(std::size_t users) { users_->grow_for(users); }

private:
    struct by_user {
        using key = user_id;
        static bool equal(const node& n, const user_id& id);
    };

    reclaimer& garbage_;
    std::unique_ptr<rcu_hash_map<node, by_user>> users_;
    std::map<user_id, std::unique_ptr<node>> nodes_; // under the mutex: who has any
};

// Freed after a grace period, as is the next.
struct consent_table::list final : reclaimable {
    std::vector<consent_ptr> by_client;

    const consent_ptr* find(client_number client) const noexcept;
};
struct consent_table::node final : map_link, reclaimable {
    explicit node(user_id id) : user(id) {}
    ~node() override { delete current.load(std::memory_order_relaxed); }
    node(const node&) = delete;
    node& operator=(const node&) = delete;

    const user_id user;
    atomic<list*> current{nullptr}; // never null once it can be found
};

} // namespace pawl::storage
