#include "storage/store/consent_table.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <atomic>
#include <utility>

namespace pawl::storage {

namespace {

constexpr std::size_t users_expected = 64;

client_number client_of(const consent_ptr& c) {
    return c->client;
}

} // namespace

const consent_ptr* consent_table::list::find(client_number client) const noexcept {
    const auto at = std::ranges::lower_bound(by_client, client, {}, client_of);
    return at == by_client.end() || (*at)->client != client ? nullptr : &*at;
}

bool consent_table::by_user::equal(const node& n, const user_id& id) {
    return n.user == id;
}

consent_table::consent_table(reclaimer& garbage)
    : garbage_(garbage), users_(std::make_unique<rcu_hash_map<node, by_user>>(users_expected)) {}

consent_table::~consent_table() {
    users_->drain([](node&) {}); // nodes_ owns them
}

const consent_ptr* consent_table::find(const rcu_read_guard& section, user_id user,
                                       client_number client) const noexcept {
    const node* const found = users_->find(section, hash_of(user), user);
    return found == nullptr ? nullptr : found->current.load(std::memory_order_acquire)->find(client);
}

std::vector<consent_ptr> consent_table::of(user_id user) const {
    const rcu_read_guard section;
    const node* const found = users_->find(section, hash_of(user), user);
    return found == nullptr ? std::vector<consent_ptr>() : found->current.load(std::memory_order_acquire)->by_client;
}

bool consent_table::has_room(user_id user) const {
    const auto at = nodes_.find(user);
    return at == nodes_.end() ||
           at->second->current.load(std::memory_order_relaxed)->by_client.size() < consents_per_user_max;
}

scope_set consent_table::scopes_in_use() const {
    scope_set all;
    for (const auto& [user, owner] : nodes_) {
        for (const consent_ptr& one : owner->current.load(std::memory_order_relaxed)->by_client) {
            all = all | one->scopes;
        }
    }
    return all;
}

consent_table::prepared consent_table::prepare(const consent_ptr& record) const {
    prepared change;
    change.user = record->user;
    change.next = std::make_unique<list>();
    const auto there = nodes_.find(record->user);
    std::vector<consent_ptr>& all = change.next->by_client;
    if (there != nodes_.end()) {
        all = there->second->current.load(std::memory_order_relaxed)->by_client;
    } else {
        std::map<user_id, std::unique_ptr<node>> one;
        one.emplace(record->user, std::make_unique<node>(record->user));
        change.fresh = one.extract(one.begin());
    }
    const auto at = std::ranges::lower_bound(all, record->client, {}, client_of);
    if (at != all.end() && (*at)->client == record->client) {
        *at = record;
    } else {
        all.insert(at, record);
    }
    return change;
}

void consent_table::publish(prepared change) noexcept {
    if (change.fresh.empty()) {
        node& there = *nodes_.find(change.user)->second;
        garbage_.retire(
            std::unique_ptr<list>(there.current.exchange(change.next.release(), std::memory_order_acq_rel)));
        return;
    }
    node& fresh = *change.fresh.mapped();
    fresh.current.store(change.next.release(), std::memory_order_release);
    nodes_.insert(std::move(change.fresh));
    const rcu_read_guard section;
    [[maybe_unused]] const node* const there = users_->insert(section, hash_of(fresh.user), fresh.user, fresh);
    BOOST_ASSERT(there == nullptr);
}

bool consent_table::drop(user_id& last, std::size_t limit, const std::function<bool(const consent&)>& stays) {
    const auto goes = [&](const consent_ptr& c) { return !stays(*c); };
    std::size_t seen = 0;
    auto at = nodes_.upper_bound(last);
    for (; at != nodes_.end() && seen < limit; ++seen) {
        last = at->first;
        node& owner = *at->second;
        const std::vector<consent_ptr>& all = owner.current.load(std::memory_order_relaxed)->by_client;
        const auto gone = static_cast<std::size_t>(std::ranges::count_if(all, goes));
        if (gone == all.size()) {
            {
                const rcu_read_guard section;
                users_->erase(section, owner);
            }
            garbage_.retire(std::move(at->second));
            at = nodes_.erase(at);
            continue;
        }
        if (gone > 0) {
            auto next = std::make_unique<list>();
            next->by_client = all;
            std::erase_if(next->by_client, goes);
            garbage_.retire(std::unique_ptr<list>(owner.current.exchange(next.release(), std::memory_order_acq_rel)));
        }
        ++at;
    }
    return at != nodes_.end();
}

std::vector<consent_ptr> consent_table::after(user_id& last, std::size_t limit) const {
    std::vector<consent_ptr> out;
    auto at = nodes_.upper_bound(last);
    for (std::size_t seen = 0; at != nodes_.end() && seen < limit; ++at, ++seen) {
        last = at->first;
        const std::vector<consent_ptr>& all = at->second->current.load(std::memory_order_relaxed)->by_client;
        out.insert(out.end(), all.begin(), all.end());
    }
    return out;
}

} // namespace pawl::storage
