// The port core/port/registry.hpp in plain maps, for tests of services: every change is durable at once.
#pragma once

#include "core/port/registry.hpp"
#include "core/provider/redirect_uri.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace pawl::test {

class memory_registry final : public registry {
public:
    std::uint64_t mark = 0;              // history_mark()
    ticket rests = ticket::none;         // rests_on()
    std::size_t revocations_max = 10000; // put_revoked() gives `full` beyond it

    client_ptr find_client(client_number number) const override {
        const std::lock_guard lock(mutex_);
        return alive(clients_, number.value);
    }
    client_ptr find_client(std::string_view client_id) const override {
        const std::lock_guard lock(mutex_);
        return named(clients_, [&](const client& c) { return c.client_id == client_id; });
    }
    bool is_origin_of_client(std::string_view origin) const override {
        const auto is_of = [&](const client_ptr& one) {
            return one->enabled && std::ranges::any_of(one->redirect_uris,
                                                       [&](const auto& uri) { return web_origin_of(uri) == origin; });
        };
        return std::ranges::any_of(clients_after({}, clients_.size()), is_of);
    }
    client_ptr find_client_of_host(std::string_view host) const override {
        const std::lock_guard lock(mutex_);
        const auto has = [&](const client& c) {
            return std::ranges::find(c.forward.hosts, host) != c.forward.hosts.end();
        };
        return named(clients_, has);
    }
    bool has_forward_hosts() const override {
        const std::lock_guard lock(mutex_);
        return named(clients_, [](const client& c) { return c.is_forward(); }) != nullptr;
    }
    std::vector<client_ptr> clients_after(client_number after, std::size_t limit) const override {
        std::vector<client_ptr> out;
        const std::lock_guard lock(mutex_);
        for (auto at = clients_.upper_bound(after.value); at != clients_.end() && out.size() < limit; ++at) {
            if (!at->second->removed) {
                out.push_back(at->second);
            }
        }
        return out;
    }
    std::size_t count_clients() const override { return clients_after({}, clients_.size()).size(); }
    catalogue_ptr find_catalogue() const override {
        auto all = std::make_shared<catalogue>();
        const std::lock_guard lock(mutex_);
        for (const auto& [number, one] : apis_) {
            if (!one->removed) {
                all->apis.push_back(one);
            }
        }
        for (const auto& [number, one] : scopes_) {
            if (!one->removed) {
                all->scopes.push_back(one);
            }
        }
        std::ranges::sort(all->apis, {}, [](const api_ptr& a) { return std::string_view(a->identifier); });
        std::ranges::sort(all->scopes, {}, [](const scope_ptr& s) { return std::string_view(s->name); });
        return all;
    }
    bool is_revoked(const token_id& id) const override {
        const std::lock_guard lock(mutex_);
        return revoked_.contains(id);
    }

    consent_ptr find_consent(user_id user, client_number client) const override {
        const std::lock_guard lock(mutex_);
        const auto at = consents_.find({user, client});
        return at == consents_.end() ? nullptr : at->second;
    }

    std::vector<consent_ptr> consents_of(user_id user) const override {
        std::vector<consent_ptr> out;
        const std::lock_guard lock(mutex_);
        for (auto at = consents_.lower_bound({user, client_number{}}); at != consents_.end() && at->first.first == user;
             ++at) {
            out.push_back(at->second);
        }
        return out;
    }

    result<put_result> put_client(const client& desired) override {
        return put(clients_, desired, first_registered_client.value,
                   [&](const client& c) { return c.client_id == desired.client_id; });
    }
    result<put_result> put_api(const api& desired) override {
        return put(apis_, desired, 1, [&](const api& a) { return a.identifier == desired.identifier; });
    }
    result<put_result> put_scope(const scope& desired) override {
        return put(scopes_, desired, first_defined_scope, [&](const scope& s) { return s.name == desired.name; });
    }
    result<put_result> put_revoked(const revoked_token& token) override {
        const std::lock_guard lock(mutex_);
        if (!revoked_.contains(token.id) && revoked_.size() >= revocations_max) {
            return put_result{put_outcome::full};
        }
        revoked_.insert(token.id);
        return put_result{put_outcome::done};
    }
    result<put_result> put_consent(const consent& desired) override {
        const std::lock_guard lock(mutex_);
        if (alive(clients_, desired.client.value) == nullptr) {
            return put_result{put_outcome::gone};
        }
        const auto there = consents_.find({desired.user, desired.client});
        if (desired.version != (there == consents_.end() ? 1 : there->second->version + 1)) {
            return put_result{put_outcome::conflict};
        }
        if (there == consents_.end() && count_of(desired.user) >= consents_per_user_max) {
            return put_result{put_outcome::full};
        }
        consents_[{desired.user, desired.client}] = std::make_shared<const consent>(desired);
        return put_result{put_outcome::done};
    }
    result<imported> import_client(const client& c) override {
        return import(clients_, c, [&](const client& other) { return other.client_id == c.client_id; });
    }
    result<imported> import_api(const api& a) override {
        return import(apis_, a, [&](const api& other) { return other.identifier == a.identifier; });
    }
    result<imported> import_scope(const scope& s) override {
        return import(scopes_, s, [&](const scope& other) { return other.name == s.name; });
    }
    result<imported> import_consent(const consent& c) override {
        const std::lock_guard lock(mutex_);
        const auto [at, fresh] = consents_.try_emplace({c.user, c.client}, std::make_shared<const consent>(c));
        return imported{fresh              ? import_outcome::added
                        : *at->second == c ? import_outcome::same
                                           : import_outcome::id_taken};
    }
    // Version after version.
    void set_consent(const consent& desired) {
        const std::lock_guard lock(mutex_);
        consents_[{desired.user, desired.client}] = std::make_shared<const consent>(desired);
    }
    ticket rests_on() const noexcept override { return rests; }
    std::uint64_t history_mark() const noexcept override { return mark; }

private:
    template <class Record>
    using records = std::map<std::uint32_t, std::shared_ptr<const Record>>;

    template <class Record>
    static std::shared_ptr<const Record> alive(const records<Record>& all, std::uint32_t number) {
        const auto at = all.find(number);
        return at == all.end() || at->second->removed ? nullptr : at->second;
    }
    std::size_t count_of(user_id user) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(consents_, [&](const auto& one) { return one.first.first == user; }));
    }
    template <class Record, class Is>
    static std::shared_ptr<const Record> named(const records<Record>& all, const Is& is) {
        for (const auto& [number, one] : all) {
            if (!one->removed && is(*one)) {
                return one;
            }
        }
        return nullptr;
    }
    template <class Record, class Is>
    result<put_result> put(records<Record>& all, const Record& desired, std::uint32_t first, const Is& is) {
        const std::lock_guard lock(mutex_);
        auto record = std::make_shared<Record>(desired);
        if (desired.number.value == 0) {
            if (named(all, is) != nullptr) {
                return put_result{put_outcome::taken};
            }
            const std::uint32_t number = all.empty() ? first : all.rbegin()->first + 1;
            record->number.value = static_cast<decltype(record->number.value)>(number);
            record->version = 1;
            all[number] = record;
            return put_result{put_outcome::done, ticket::none, number};
        }
        const auto there = alive(all, desired.number.value);
        if (there == nullptr) {
            return put_result{put_outcome::gone};
        }
        if (there->version + 1 != desired.version) {
            return put_result{put_outcome::conflict};
        }
        all[desired.number.value] = record;
        return put_result{put_outcome::done, ticket::none, desired.number.value};
    }

    template <class Record, class Is>
    result<imported> import(records<Record>& all, const Record& r, const Is& is) {
        const std::lock_guard lock(mutex_);
        if (const auto there = all.find(r.number.value); there != all.end()) {
            return imported{*there->second == r ? import_outcome::same : import_outcome::id_taken};
        }
        if (!r.removed && named(all, is) != nullptr) {
            return imported{import_outcome::name_taken};
        }
        all[r.number.value] = std::make_shared<const Record>(r);
        return imported{import_outcome::added};
    }

    mutable std::mutex mutex_;
    records<client> clients_;
    records<api> apis_;
    records<scope> scopes_;
    std::set<token_id> revoked_;
    std::map<std::pair<user_id, client_number>, consent_ptr> consents_;
};

} // namespace pawl::test
