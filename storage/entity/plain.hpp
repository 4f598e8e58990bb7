// Plain entities: those that are their record and nothing more. Users have login names beside it, families a word that
// is changed in place; an entity without such things needs no code of its own in tables, snapshots, images and exports,
// once its declaration says two things more:
//
//   key(r)               what it is found by: comparable, never changed
//   newer(read, known)   whether a record that is read replaces the known one: merging (docs/on-disk.md, R5)
//   merge(read, known)   optional: what stands in the place of the known one then, where that is neither of the two
#pragma once

#include "storage/entity/all.hpp"

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace pawl::storage {

template <class Record>
concept plain_entity =
    declared<Record> && declaration<Record>::kind == record_kind::state && requires(const Record& a, const Record& b) {
        { declaration<Record>::key(a) < declaration<Record>::key(b) } -> std::same_as<bool>;
        { declaration<Record>::newer(a, b) } -> std::same_as<bool>;
    };

// Those that change while serving (core/port/registry.hpp), by versions, and have a name of their own that no two of
// them share: name_of_one(r).
template <class Record>
concept named_entity = plain_entity<Record> && requires(const Record& r) {
    { declaration<Record>::name_of_one(r) } -> std::same_as<const std::string&>;
    r.removed;
};
// Those that the registry holds while serving: storage/store/registry_table.hpp.
template <class Record>
concept registered_entity =
    named_entity<Record> ||
    (plain_entity<Record> &&
     (std::same_as<Record, revoked_token> || std::same_as<Record, consent> || std::same_as<Record, factor_state>));

// What numbers records have, and how many there may be that are not removed.
template <class Record>
struct registry_bounds;
template <>
struct registry_bounds<client> {
    static constexpr std::uint32_t first = first_registered_client.value, last = 0x7FFF'FFFF, count = clients_max;
};
template <>
struct registry_bounds<api> {
    static constexpr std::uint32_t first = 1, last = 0xFFFF, count = apis_max;
};
template <>
struct registry_bounds<scope> {
    static constexpr std::uint32_t first = first_defined_scope, last = scopes_max - 1, count = scopes_max;
};

// The newest record of each. Any thread.
template <plain_entity Record>
class plain_records {
public:
    using key = std::remove_cvref_t<decltype(declaration<Record>::key(std::declval<const Record&>()))>;

    // False if one that is at least as new is there already.
    bool take(Record r) {
        const std::lock_guard lock(mutex_);
        const auto [at, fresh] = all_.try_emplace(declaration<Record>::key(r), r);
        if (!fresh && !declaration<Record>::newer(r, at->second)) {
            return false;
        }
        if constexpr (requires { declaration<Record>::merge(r, r); }) {
            if (!fresh) {
                r = declaration<Record>::merge(r, at->second);
            }
        }
        at->second = std::move(r);
        return true;
    }
    std::optional<Record> find(const key& k) const {
        const std::lock_guard lock(mutex_);
        const auto at = all_.find(k);
        return at == all_.end() ? std::nullopt : std::optional<Record>(at->second);
    }
    // Those after `k` (all of them after nothing) in the order of keys, at most `limit`.
    std::vector<Record> after(const std::optional<key>& k, std::size_t limit) const {
        std::vector<Record> out;
        const std::lock_guard lock(mutex_);
        for (auto at = k ? all_.upper_bound(*k) : all_.begin(); at != all_.end() && out.size() < limit; ++at) {
            out.push_back(at->second);
        }
        return out;
    }
    std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return all_.size();
    }
    void drop(const key& k) {
        const std::lock_guard lock(mutex_);
        all_.erase(k);
    }
    // All of them, in the order of keys. None is left here.
    std::map<key, Record> release() {
        const std::lock_guard lock(mutex_);
        return std::exchange(all_, {});
    }

private:
    mutable std::mutex mutex_;
    std::map<key, Record> all_;
};

// Calls visit(one) for each, a thousand at a time, so that no lock is held while `visit` works.
template <class Record, class Visit>
void for_each_plain(const plain_records<Record>& all, const Visit& visit) {
    constexpr std::size_t at_once = 1000;
    std::optional<typename plain_records<Record>::key> last;
    for (auto some = all.after(last, at_once); !some.empty(); some = all.after(last, at_once)) {
        for (const Record& one : some) {
            visit(one);
        }
        last = declaration<Record>::key(some.back());
    }
}

// Two that are not removed and have the same name: the keys of the first such pair, the lower one first.
template <named_entity Record>
std::optional<std::pair<std::uint32_t, std::uint32_t>> find_namesakes(const plain_records<Record>& all) {
    std::map<std::string, std::uint32_t> owners;
    std::optional<std::pair<std::uint32_t, std::uint32_t>> found;
    for_each_plain(all, [&](const Record& r) {
        if (!found && !r.removed) {
            const std::uint32_t key = declaration<Record>::key(r);
            const auto [at, fresh] = owners.try_emplace(declaration<Record>::name_of_one(r), key);
            if (!fresh) {
                found = {at->second, key};
            }
        }
    });
    return found;
}
// "clients 16 and 17 have the same name".
template <named_entity Record>
std::string namesakes_text(const std::pair<std::uint32_t, std::uint32_t>& pair) {
    return std::string(declaration<Record>::name) + "s " + std::to_string(pair.first) + " and " +
           std::to_string(pair.second) + " have the same name";
}

namespace detail {
struct no_table {};
template <class Record>
struct plain_table {
    using type = no_table;
};
template <plain_entity Record>
struct plain_table<Record> {
    using type = plain_records<Record>;
};
template <class... Records>
std::tuple<typename plain_table<Records>::type...> plain_tables_of(record_list<Records...>);
} // namespace detail

// A table for each plain entity of the list.
class plain_tables {
public:
    template <plain_entity Record>
    plain_records<Record>& of() {
        return std::get<plain_records<Record>>(tables_);
    }
    template <plain_entity Record>
    const plain_records<Record>& of() const {
        return std::get<plain_records<Record>>(tables_);
    }

private:
    decltype(detail::plain_tables_of(all_records{})) tables_;
};

} // namespace pawl::storage
