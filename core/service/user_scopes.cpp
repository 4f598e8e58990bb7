#include "core/service/user_scopes.hpp"

#include <cstdint>

namespace pawl {

namespace {

// Of names that mean nothing here.
enum class unknown_names : std::uint8_t { dropped, refused };

// std::nullopt where nothing is asked for.
result<std::optional<scope_set>> read_asked(const catalogue& all, const std::optional<std::string>& asked,
                                            unknown_names unknown) {
    if (!asked || asked->empty()) {
        return std::optional<scope_set>();
    }
    std::vector<std::string> names;
    if (!read_scope_parameter(*asked, names)) {
        return errc::invalid_scope;
    }
    scope_set out;
    for (const std::string& name : names) {
        if (const scope* const s = all.find_scope(name)) {
            out.insert(s->number.value);
        } else if (unknown == unknown_names::refused) {
            return errc::invalid_scope;
        }
    }
    return std::optional(out);
}

} // namespace

result<scope_set> scopes_of_login(const catalogue& all, const std::vector<std::string>& roles,
                                  const std::optional<std::string>& asked) {
    const result<std::optional<scope_set>> wanted = read_asked(all, asked, unknown_names::dropped);
    if (!wanted) {
        return wanted.error();
    }
    const scope_set allowed = scopes_of_roles(all, roles);
    if (!*wanted) {
        return allowed;
    }
    const scope_set granted = **wanted & allowed;
    return granted.empty() ? result<scope_set>(errc::invalid_scope) : granted;
}

result<scope_set> scopes_of_refresh(const catalogue& all, const std::vector<std::string>& roles, const scope_set& held,
                                    const std::optional<std::string>& asked) {
    const result<std::optional<scope_set>> wanted = read_asked(all, asked, unknown_names::refused);
    if (!wanted) {
        return wanted.error();
    }
    const scope_set still = held & scopes_of_roles(all, roles);
    if (!*wanted) {
        return still;
    }
    if ((*wanted)->empty() || !(*wanted)->within(held)) {
        return errc::invalid_scope;
    }
    return **wanted & still;
}

catalogue_ptr defined_scopes(const service_context& context) {
    catalogue_ptr all = context.entities == nullptr ? nullptr : context.entities->find_catalogue();
    return all == nullptr || all->scopes.empty() ? nullptr : all;
}

result<ticket> observe_owner(const service_context& context, user_id id) {
    const user_ptr owner = context.data.find_user(id);
    const ticket defined = context.entities == nullptr ? ticket::none : context.entities->rests_on();
    if (!owner) {
        return defined;
    }
    const result<ticket> rests = context.data.observe_user(owner->id, owner->version);
    return rests ? result<ticket>(later(defined, *rests)) : rests;
}

std::string scope_text(const catalogue& all, const scope_set& scopes) {
    std::string text;
    for (const scope_ptr& s : all.scopes) {
        if (scopes.contains(s->number.value)) {
            text.append(text.empty() ? "" : " ").append(s->name);
        }
    }
    return text;
}

} // namespace pawl
