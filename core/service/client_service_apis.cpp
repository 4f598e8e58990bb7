// An operator's changes of APIs and scopes.
#include "core/service/client_service.hpp"
#include "core/service/entity_change.hpp"

#include <algorithm>

namespace pawl {

api_ptr api_port::find(const registry& all, std::string_view name) {
    const catalogue_ptr known = all.find_catalogue();
    const auto at =
        std::ranges::find(known->apis, name, [](const api_ptr& a) -> const std::string& { return a->identifier; });
    return at == known->apis.end() ? nullptr : *at;
}

scope_ptr scope_port::find(const registry& all, std::string_view name) {
    const catalogue_ptr known = all.find_catalogue();
    const auto at =
        std::ranges::find(known->scopes, name, [](const scope_ptr& s) -> const std::string& { return s->name; });
    return at == known->scopes.end() ? nullptr : *at;
}

namespace {

constexpr std::size_t defined_scopes_max = scopes_max - first_defined_scope;

failure refused_for(std::vector<field_error> faults) {
    return {errc::validation_failed, std::move(faults)};
}

template <class Names>
bool is_any_client(const registry& all, const Names& names) {
    client_number after;
    while (true) {
        const std::vector<client_ptr> some = all.clients_after(after, clients_page_max);
        if (std::ranges::any_of(some, [&](const client_ptr& c) { return names(*c); })) {
            return true;
        }
        if (some.size() < clients_page_max) {
            return false;
        }
        after = some.back()->number;
    }
}

bool is_api_named(const registry& all, const std::string& identifier) {
    const catalogue_ptr known = all.find_catalogue();
    return std::ranges::any_of(known->scopes, [&](const scope_ptr& s) { return s->api == identifier; }) ||
           is_any_client(all, [&](const client& c) { return std::ranges::find(c.apis, identifier) != c.apis.end(); });
}

bool is_scope_named(const registry& all, const std::string& name) {
    return is_any_client(all, [&](const client& c) { return std::ranges::find(c.scopes, name) != c.scopes.end(); });
}

// What keeps these names from being the scopes of that API.
std::vector<field_error> check_scopes_of(const std::string& identifier, const std::vector<std::string>& names,
                                         const catalogue& known) {
    std::vector<field_error> faults;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const scope* const there = known.find_scope(names[i]);
        std::string why;
        if (!is_scope_name(names[i]) || is_builtin_scope(names[i])) {
            why = "must be a scope's name, and not a built-in one's";
        } else if (there != nullptr && !there->api.empty() && there->api != identifier) {
            why = "belongs to another API";
        } else if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
                   names.begin() + static_cast<std::ptrdiff_t>(i)) {
            why = "must not be there twice";
        }
        if (!why.empty()) {
            faults.push_back({"scopes[" + std::to_string(i) + "]", std::move(why)});
        }
    }
    return faults;
}

std::size_t count_new(const std::vector<std::string>& names, const catalogue& known) {
    return static_cast<std::size_t>(
        std::ranges::count_if(names, [&](const std::string& name) { return known.find_scope(name) == nullptr; }));
}

// Makes `names` the scopes of that API, and no others. The names are sound and there is room.
entity_answer<bool> put_scopes_of(const service_context& context, const operator_caller& by,
                                  const std::string& identifier, const std::vector<std::string>& names) {
    const catalogue_ptr known = context.entities->find_catalogue();
    entity_answer<bool> done{true};
    const auto change = [&](const std::string& name, const std::string& api) {
        const entity_answer<scope_ptr> changed =
            change_record<scope_port>(context, by, name, event_kind::scope_changed,
                                      [&](scope& desired, const scope& current) -> result<edit_outcome> {
                                          desired.api = api;
                                          return edit_outcome{current.api != api, name + ": api"};
                                      });
        done.wait_for = later(done.wait_for, changed.wait_for);
        if (!changed.outcome) {
            done.outcome = changed.outcome.error();
        }
    };
    for (const scope_ptr& s : known->scopes) {
        if (s->api == identifier && std::ranges::find(names, s->name) == names.end()) {
            change(s->name, {});
        }
    }
    for (const std::string& name : names) {
        if (known->find_scope(name) != nullptr) {
            change(name, identifier);
            continue;
        }
        scope desired;
        desired.name = name;
        desired.api = identifier;
        desired.created_at = context.time.now();
        const entity_answer<scope_ptr> put = put_new<scope_port>(context, std::move(desired));
        done.wait_for = later(done.wait_for, put.wait_for);
        if (!put.outcome) {
            done.outcome = put.outcome.error();
            break;
        }
        done.wait_for =
            later(done.wait_for, record_act(context, by, event_kind::scope_created, user_id{}, family_id{}, name));
    }
    return done;
}

// The API beside the scopes that are its by now; or what went wrong with either.
entity_answer<seen_api> with_scopes(const service_context& context, const operator_caller& by,
                                    entity_answer<api_ptr> put, const api_wishes& wanted) {
    if (!put.outcome) {
        return {put.outcome.error(), put.wait_for};
    }
    if (wanted.scopes) {
        const entity_answer<bool> scopes =
            put_scopes_of(context, by, (*put.outcome)->identifier, wanted.scopes->value_or(std::vector<std::string>()));
        put.wait_for = later(put.wait_for, scopes.wait_for);
        if (!scopes.outcome) {
            return {scopes.outcome.error(), put.wait_for};
        }
    }
    return {seen_api{*put.outcome, context.entities->find_catalogue()}, put.wait_for};
}

entity_answer<seen_api> create(const service_context& context, const operator_caller& by, const api_wishes& wanted) {
    registry& all = *context.entities;
    const catalogue_ptr known = all.find_catalogue();
    api desired;
    desired.identifier = wanted.identifier.value_or("");
    desired.name = desired.identifier;
    desired.created_at = context.time.now();
    put_wishes(desired, wanted);
    const std::vector<std::string> scopes = wanted.scopes.value_or(std::nullopt).value_or(std::vector<std::string>());
    std::vector<field_error> faults = check_api(desired);
    for (field_error& fault : check_scopes_of(desired.identifier, scopes, *known)) {
        faults.push_back(std::move(fault));
    }
    if (!faults.empty()) {
        return {refused_for(std::move(faults)), all.rests_on()};
    }
    if (known->find_api(desired.identifier) == nullptr &&
        (known->apis.size() >= apis_max || known->scopes.size() + count_new(scopes, *known) > defined_scopes_max)) {
        return {failure(errc::too_many_entities), all.rests_on()};
    }
    const std::string identifier = desired.identifier;
    entity_answer<api_ptr> put = put_new<api_port>(context, std::move(desired));
    if (put.outcome) {
        put.wait_for =
            later(put.wait_for, record_act(context, by, event_kind::api_created, user_id{}, family_id{}, identifier));
    }
    return with_scopes(context, by, std::move(put), wanted);
}

entity_answer<seen_api> change(const service_context& context, const operator_caller& by, const std::string& identifier,
                               const api_wishes& wanted) {
    registry& all = *context.entities;
    const auto edit = [&](api& desired, const api& current) -> result<edit_outcome> {
        put_wishes(desired, wanted);
        std::vector<field_error> faults = check_api(desired);
        if (wanted.identifier && *wanted.identifier != identifier) {
            faults.push_back({"identifier", "never changes"});
        }
        const std::vector<std::string> scopes =
            wanted.scopes.value_or(std::nullopt).value_or(std::vector<std::string>());
        const catalogue_ptr known = all.find_catalogue();
        for (field_error& fault : check_scopes_of(identifier, scopes, *known)) {
            faults.push_back(std::move(fault));
        }
        if (!faults.empty()) {
            return refused_for(std::move(faults));
        }
        if (known->scopes.size() + count_new(scopes, *known) > defined_scopes_max) {
            return errc::too_many_entities;
        }
        std::string names;
        names += current.name != desired.name ? " name" : "";
        names += current.token_format != desired.token_format ? " token_format" : "";
        names += current.access_token_ttl != desired.access_token_ttl ? " access_token_ttl" : "";
        return edit_outcome{!names.empty(), identifier + ":" + names};
    };
    return with_scopes(context, by, change_record<api_port>(context, by, identifier, event_kind::api_changed, edit),
                       wanted);
}

entity_answer<scope_ptr> create(const service_context& context, const operator_caller& by, const scope_wishes& wanted) {
    registry& all = *context.entities;
    const catalogue_ptr known = all.find_catalogue();
    scope desired;
    desired.name = wanted.name.value_or("");
    desired.created_at = context.time.now();
    put_wishes(desired, wanted);
    std::vector<field_error> faults = check_scope(desired, *known);
    if (!faults.empty()) {
        return {refused_for(std::move(faults)), all.rests_on()};
    }
    if (known->find_scope(desired.name) == nullptr && known->scopes.size() >= defined_scopes_max) {
        return {failure(errc::too_many_entities), all.rests_on()};
    }
    const std::string name = desired.name;
    entity_answer<scope_ptr> put = put_new<scope_port>(context, std::move(desired));
    if (put.outcome) {
        put.wait_for =
            later(put.wait_for, record_act(context, by, event_kind::scope_created, user_id{}, family_id{}, name));
    }
    return put;
}

std::string names_of_changes(const scope& before, const scope& after) {
    std::string names;
    names += before.api != after.api ? " api" : "";
    names += before.text_en != after.text_en || before.text_de != after.text_de ? " texts" : "";
    names += before.roles != after.roles ? " roles" : "";
    return names;
}

} // namespace

task<result<seen_api>> client_service::create_api(operator_caller by, api_wishes wanted) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    const auto decide = [&] {
        const change_guard alone(changing_);
        return create(context_, by, wanted);
    };
    task<result<seen_api>> telling = tell(context_.data, decide());
    co_return co_await std::move(telling);
}

task<result<seen_api>> client_service::change_api(operator_caller by, std::string identifier, api_wishes wanted) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    const auto decide = [&] {
        const change_guard alone(changing_);
        return change(context_, by, identifier, wanted);
    };
    task<result<seen_api>> telling = tell(context_.data, decide());
    co_return co_await std::move(telling);
}

task<result<void>> client_service::remove_api(operator_caller by, std::string identifier) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    const auto edit = [&](api& desired, const api& current) -> result<edit_outcome> {
        if (is_api_named(*context_.entities, current.identifier)) {
            return errc::still_named;
        }
        desired.removed = true;
        return edit_outcome{true, current.identifier};
    };
    const auto decide = [&] {
        const change_guard alone(changing_);
        return change_record<api_port>(context_, by, identifier, event_kind::api_removed, edit);
    };
    task<result<api_ptr>> telling = tell(context_.data, decide());
    const result<api_ptr> removed = co_await std::move(telling);
    if (!removed) {
        co_return removed.error();
    }
    co_return result<void>();
}

task<result<seen_api>> client_service::find_api(std::string identifier) {
    const api_ptr found = api_port::find(*context_.entities, identifier);
    entity_answer<seen_api> seen{seen_api{found, context_.entities->find_catalogue()}, context_.entities->rests_on()};
    if (found == nullptr) {
        seen.outcome = failure(errc::api_not_found);
    }
    task<result<seen_api>> telling = tell(context_.data, std::move(seen));
    co_return co_await std::move(telling);
}

task<result<scope_ptr>> client_service::create_scope(operator_caller by, scope_wishes wanted) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    const auto decide = [&] {
        const change_guard alone(changing_);
        return create(context_, by, wanted);
    };
    task<result<scope_ptr>> telling = tell(context_.data, decide());
    co_return co_await std::move(telling);
}

task<result<scope_ptr>> client_service::change_scope(operator_caller by, std::string name, scope_wishes wanted) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    const auto edit = [&](scope& desired, const scope& current) -> result<edit_outcome> {
        put_wishes(desired, wanted);
        std::vector<field_error> faults = check_scope(desired, *context_.entities->find_catalogue());
        if (wanted.name && *wanted.name != current.name) {
            faults.push_back({"name", "never changes"});
        }
        if (!faults.empty()) {
            return refused_for(std::move(faults));
        }
        const std::string names = names_of_changes(current, desired);
        return edit_outcome{!names.empty(), current.name + ":" + names};
    };
    const auto decide = [&] {
        const change_guard alone(changing_);
        return change_record<scope_port>(context_, by, name, event_kind::scope_changed, edit);
    };
    task<result<scope_ptr>> telling = tell(context_.data, decide());
    co_return co_await std::move(telling);
}

task<result<void>> client_service::remove_scope(operator_caller by, std::string name) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    const auto edit = [&](scope& desired, const scope& current) -> result<edit_outcome> {
        if (is_scope_named(*context_.entities, current.name)) {
            return errc::still_named;
        }
        desired.removed = true;
        return edit_outcome{true, current.name};
    };
    const auto decide = [&] {
        const change_guard alone(changing_);
        return change_record<scope_port>(context_, by, name, event_kind::scope_removed, edit);
    };
    task<result<scope_ptr>> telling = tell(context_.data, decide());
    const result<scope_ptr> removed = co_await std::move(telling);
    if (!removed) {
        co_return removed.error();
    }
    co_return result<void>();
}

task<result<scope_ptr>> client_service::find_scope(std::string name) {
    entity_answer<scope_ptr> seen{scope_port::find(*context_.entities, name), ticket::none};
    seen.wait_for = context_.entities->rests_on();
    if (*seen.outcome == nullptr) {
        seen.outcome = failure(errc::scope_not_found);
    }
    task<result<scope_ptr>> telling = tell(context_.data, std::move(seen));
    co_return co_await std::move(telling);
}

task<result<catalogue_ptr>> client_service::list_catalogue() {
    entity_answer<catalogue_ptr> seen{context_.entities->find_catalogue(), ticket::none};
    seen.wait_for = context_.entities->rests_on();
    task<result<catalogue_ptr>> telling = tell(context_.data, std::move(seen));
    co_return co_await std::move(telling);
}

} // namespace pawl
