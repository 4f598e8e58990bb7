#include "storage/store/registry_table.hpp"

#include "core/provider/redirect_uri.hpp"
#include "storage/exit_code.hpp"
#include "storage/map/hash.hpp"
#include "storage/store/terms_table.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <utility>

namespace pawl::storage {

namespace {

constexpr std::size_t revoked_expected = 64;

// `jti` is 128 random bits of our own, or of an import's choice.
std::uint64_t hash_of(const token_id& id) noexcept {
    return storage::hash_of(family_id{id.bytes});
}

template <class Record>
std::uint32_t key_of(const std::shared_ptr<const Record>& r) {
    return declaration<Record>::key(*r);
}

// Of the enabled ones. Views into the records.
std::vector<std::string_view> origins_of(const std::vector<client_ptr>& clients) {
    std::vector<std::string_view> origins;
    for (const client_ptr& one : clients) {
        for (const std::string& uri : one->redirect_uris) {
            const std::string_view origin = web_origin_of(uri);
            if (one->enabled && !origin.empty()) {
                origins.push_back(origin);
            }
        }
    }
    std::ranges::sort(origins);
    const auto again = std::ranges::unique(origins);
    origins.erase(again.begin(), again.end());
    return origins;
}

} // namespace

// --- One kind.

template <named_entity Record>
const typename registry_kind<Record>::ptr* registry_kind<Record>::view::find(std::uint32_t number) const noexcept {
    const auto at = std::ranges::lower_bound(by_number, number, {}, key_of<Record>);
    return at == by_number.end() || key_of<Record>(*at) != number ? nullptr : &*at;
}

template <named_entity Record>
const typename registry_kind<Record>::ptr* registry_kind<Record>::view::find(std::string_view name) const noexcept {
    const auto at = std::ranges::lower_bound(by_name, name, {}, &name_at::name);
    return at == by_name.end() || at->name != name ? nullptr : &by_number[at->at];
}

template <named_entity Record>
const typename registry_kind<Record>::ptr*
registry_kind<Record>::view::find_by_host(std::string_view host) const noexcept {
    const auto at = std::ranges::lower_bound(by_host, host, {}, &name_at::name);
    return at == by_host.end() || at->name != host ? nullptr : &by_number[at->at];
}

template <named_entity Record>
std::size_t registry_kind<Record>::view::place_above(std::uint32_t number) const noexcept {
    return static_cast<std::size_t>(std::ranges::upper_bound(by_number, number, {}, key_of<Record>) -
                                    by_number.begin());
}

template <named_entity Record>
registry_kind<Record>::registry_kind(reclaimer& garbage) : garbage_(garbage), current_(new view) {}

template <named_entity Record>
registry_kind<Record>::~registry_kind() {
    delete current_.load(std::memory_order_relaxed);
}

template <named_entity Record>
typename registry_kind<Record>::ptr registry_kind<Record>::find_any(std::uint32_t number) const {
    if (const ptr* const there = current().find(number)) {
        return *there;
    }
    const auto at = tombstones_.find(number);
    return at == tombstones_.end() ? nullptr : at->second;
}

template <named_entity Record>
std::uint32_t registry_kind<Record>::next_number(std::uint64_t& version, const consent_table& consents) const {
    const std::vector<ptr>& all = current().by_number;
    std::uint32_t highest = all.empty() ? 0 : key_of<Record>(all.back());
    highest = tombstones_.empty() ? highest : std::max(highest, tombstones_.rbegin()->first);
    version = 1;
    if (highest < bounds::last) {
        return std::max(highest + 1, bounds::first);
    }
    // A grant has one bit for each scope, and there are no more numbers: one is free again where no family has its bit,
    // and no user allowed it to a client: that client would have the new scope, and the user was never asked.
    // Not of a scope that was removed since the start: a login that found it may still be under way.
    if constexpr (std::same_as<Record, scope>) {
        const scope_set in_use = terms_table::shared().scopes_in_use() | consents.scopes_in_use();
        for (const std::uint32_t number : removed_before_) {
            const auto at = tombstones_.find(number);
            if (at != tombstones_.end() && !in_use.contains(number)) {
                version = at->second->version + 1;
                return number;
            }
        }
    }
    return 0;
}

template <named_entity Record>
std::unique_ptr<typename registry_kind<Record>::view> registry_kind<Record>::view_of(std::vector<ptr> by_number) {
    auto made = std::make_unique<view>();
    made->by_number = std::move(by_number);
    made->by_name.reserve(made->by_number.size());
    for (std::uint32_t i = 0; i < made->by_number.size(); ++i) {
        made->by_name.push_back({says::name_of_one(*made->by_number[i]), i});
    }
    std::ranges::sort(made->by_name, {}, &view::name_at::name);
    if constexpr (std::same_as<Record, client>) {
        made->origins = origins_of(made->by_number);
        for (std::uint32_t i = 0; i < made->by_number.size(); ++i) {
            for (const std::string& host : made->by_number[i]->forward.hosts) {
                made->by_host.push_back({host, i});
            }
        }
        std::ranges::sort(made->by_host, {}, [](const auto& one) { return std::pair(one.name, one.at); });
    }
    return made;
}

template <named_entity Record>
typename registry_kind<Record>::prepared registry_kind<Record>::prepare(const ptr& record) const {
    prepared change;
    change.number = key_of<Record>(record);
    std::vector<ptr> all = current().by_number;
    const auto at = std::ranges::lower_bound(all, change.number, {}, key_of<Record>);
    const bool there = at != all.end() && key_of<Record>(*at) == change.number;
    if (record->removed) {
        std::map<std::uint32_t, ptr> one{{change.number, record}};
        change.tombstone = one.extract(one.begin());
    }
    if (record->removed && there) {
        all.erase(at);
    } else if (there) {
        *at = record;
    } else if (!record->removed) {
        all.insert(at, record);
    }
    change.next = view_of(std::move(all));
    return change;
}

template <named_entity Record>
void registry_kind<Record>::publish(prepared change) noexcept {
    tombstones_.erase(change.number); // of a scope whose number is given again
    removed_before_.erase(change.number);
    if (!change.tombstone.empty()) {
        tombstones_.insert(std::move(change.tombstone));
    }
    garbage_.retire(std::unique_ptr<view>(current_.exchange(change.next.release(), std::memory_order_acq_rel)));
}

template <named_entity Record>
void registry_kind<Record>::fill(std::map<std::uint32_t, Record> all) {
    std::vector<ptr> living;
    for (auto& [number, one] : all) {
        auto record = std::make_shared<const Record>(std::move(one));
        if (record->removed) {
            removed_before_.insert(number);
            tombstones_.emplace(number, std::move(record));
        } else {
            living.push_back(std::move(record));
        }
    }
    delete current_.exchange(view_of(std::move(living)).release(), std::memory_order_acq_rel);
}

template <named_entity Record>
std::vector<typename registry_kind<Record>::ptr> registry_kind<Record>::tombstones_and_current() const {
    std::vector<ptr> all;
    all.reserve(tombstones_.size() + current().by_number.size());
    for (const auto& [number, record] : tombstones_) {
        all.push_back(record);
    }
    all.insert(all.end(), current().by_number.begin(), current().by_number.end());
    return all;
}

template class registry_kind<client>;
template class registry_kind<api>;
template class registry_kind<scope>;

// --- All of them.

registry_table::registry_table(reclaimer& garbage)
    : clients(garbage), apis(garbage), scopes(garbage), consents(garbage), garbage_(garbage),
      catalogue_(new catalogue_view),
      revoked_(std::make_unique<rcu_hash_map<revoked_node, revoked_traits>>(revoked_expected)) {
    catalogue_.load(std::memory_order_relaxed)->all = std::make_shared<const catalogue>();
}

registry_table::~registry_table() {
    revoked_->drain([](revoked_node&) {}); // by_expiry_ owns them
    delete catalogue_.load(std::memory_order_relaxed);
}

bool registry_table::is_revoked(const token_id& id) const noexcept {
    const rcu_read_guard section;
    return revoked_->find(section, hash_of(id), id) != nullptr;
}

catalogue_ptr registry_table::find_catalogue() const {
    const rcu_read_guard section;
    return catalogue_.load(std::memory_order_acquire)->all;
}

// A change that is published and has no number yet is waited for: it is two stores away from one.
std::uint64_t registry_table::latest() const noexcept {
#ifndef PAWL_MAP_FAKE                                    // there a mutex orders it
    std::atomic_thread_fence(std::memory_order_acquire); // what a lookup in the lock-free map found comes first
#endif
    if (changing_.load(std::memory_order_acquire)) {
        const std::lock_guard lock(mutex);
        return latest_.load(std::memory_order_relaxed);
    }
    return latest_.load(std::memory_order_acquire);
}

void registry_table::end(std::uint64_t sequence) noexcept {
    latest_.store(sequence, std::memory_order_release);
    changing_.store(false, std::memory_order_release);
}

std::unique_ptr<registry_table::catalogue_view>
registry_table::prepare_catalogue(const registry_kind<api>::view& apis_then,
                                  const registry_kind<scope>::view& scopes_then) const {
    auto all = std::make_shared<catalogue>();
    for (const auto& named : apis_then.by_name) {
        all->apis.push_back(apis_then.by_number[named.at]);
    }
    for (const auto& named : scopes_then.by_name) {
        all->scopes.push_back(scopes_then.by_number[named.at]);
    }
    auto made = std::make_unique<catalogue_view>();
    made->all = std::move(all);
    return made;
}

void registry_table::publish(std::unique_ptr<catalogue_view> next) noexcept {
    garbage_.retire(std::unique_ptr<catalogue_view>(catalogue_.exchange(next.release(), std::memory_order_acq_rel)));
}

std::size_t registry_table::count_revoked_of(client_number of) const {
    const auto at = revoked_of_.find(of.value);
    return at == revoked_of_.end() ? 0 : at->second;
}

std::unique_ptr<registry_table::revocation> registry_table::prepare_revoked(const revoked_token& token) {
    if (is_revoked(token.id)) {
        return nullptr;
    }
    auto prepared = std::make_unique<revocation>();
    expiry_set one;
    one.insert(std::make_unique<revoked_node>(token));
    prepared->node = one.extract(one.begin());
    prepared->count = revoked_of_.try_emplace(token.client.value, 0).first;
    return prepared;
}

void registry_table::add_revoked(std::unique_ptr<revocation> prepared) noexcept {
    revoked_node& node = *prepared->node.value();
    ++prepared->count->second;
    by_expiry_.insert(std::move(prepared->node));
    const rcu_read_guard section;
    [[maybe_unused]] const revoked_node* const there =
        revoked_->insert(section, hash_of(node.token.id), node.token.id, node);
    BOOST_ASSERT(there == nullptr);
}

void registry_table::drop_expired(timestamp now) {
    while (!by_expiry_.empty() && (*by_expiry_.begin())->token.expires_at <= now) {
        expiry_set::node_type first = by_expiry_.extract(by_expiry_.begin());
        revoked_node& node = *first.value();
        {
            const rcu_read_guard section;
            revoked_->erase(section, node);
        }
        const auto count = revoked_of_.find(node.token.client.value);
        if (--count->second == 0) {
            revoked_of_.erase(count);
        }
        garbage_.retire(std::move(first.value()));
    }
}

std::vector<revoked_token> registry_table::revoked_after(const std::optional<revoked_token>& last,
                                                         std::size_t limit) const {
    std::vector<revoked_token> out;
    auto at = last ? by_expiry_.upper_bound(by_expiry::order{last->expires_at, last->id}) : by_expiry_.begin();
    for (; at != by_expiry_.end() && out.size() < limit; ++at) {
        out.push_back((*at)->token);
    }
    return out;
}

namespace {

template <named_entity Record>
void fill_kind(registry_kind<Record>& kind, plain_records<Record>& read) {
    if (const auto pair = find_namesakes(read)) {
        throw refused(exit_code::corrupt, namesakes_text<Record>(*pair) + "; run: pawlctl log verify");
    }
    kind.fill(read.release());
}

} // namespace

void registry_table::fill(plain_tables& read, const std::function<bool(user_id)>& is_user) {
    fill_kind(clients, read.of<client>());
    fill_kind(apis, read.of<api>());
    fill_kind(scopes, read.of<scope>());
    publish(prepare_catalogue(apis.current(), scopes.current()));
    const std::map<token_id, revoked_token> tokens = read.of<revoked_token>().release();
    revoked_->grow_for(tokens.size());
    for (const auto& [id, token] : tokens) {
        add_revoked(prepare_revoked(token));
    }
    for (auto& [key, one] : read.of<consent>().release()) {
        if (is_user(key.user) && clients.current().find(key.client.value) != nullptr) {
            consents.publish(consents.prepare(std::make_shared<const consent>(std::move(one))));
        }
    }
    consents.resize_to_fit();
}

} // namespace pawl::storage
