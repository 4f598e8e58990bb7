// An operator's changes of users. Sessions: admin_service_sessions.cpp.
#include "core/family/decide.hpp"
#include "core/password/stored_hash.hpp"
#include "core/provider/attributes.hpp"
#include "core/provider/machine_grant.hpp"
#include "core/service/admin_service.hpp"
#include "core/service/durable_answer.hpp"
#include "core/service/user_change.hpp"
#include "core/service/validation.hpp"
#include "core/text/unicode.hpp"
#include "core/user/names.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace pawl {

namespace {

// Empty where the role is one.
std::string role_problem(const std::string& role) {
    if (role.empty() || role.size() > role_size_max) {
        return "each must be 1 to " + std::to_string(role_size_max) + " bytes long";
    }
    const std::optional<std::string> text = to_nfc(role);
    if (!text || *text != role || has_control_characters(role) || has_outer_space(role) ||
        has_invisible_characters(role, variation_selectors::refused)) {
        return "each must be text in NFC without control or invisible characters and without a space at either end";
    }
    return {};
}

void check_hash(validation& checks, const secret_string& hash) {
    if (!parse_stored_hash(hash.reveal())) {
        checks.refuse("password_hash", "must be a hash of Argon2 (PHC form), bcrypt, or of passlib, Django, Werkzeug, "
                                       "Keycloak or Firebase, within the limits of cost");
    }
}

// The user as it is to be, but for id and hash.
result<user> checked_new_user(const service_context& context, const new_user& wanted) {
    validation checks;
    std::string why;
    user u;
    u.email = checks.accept("email", check_email(wanted.email, why), why);
    if (wanted.username) {
        u.username = checks.accept("username", check_username(*wanted.username, u.email, why), why);
    } else {
        u.username = u.email;
    }
    u.first_name = checks.accept("first_name", check_personal_name(wanted.first_name, why), why);
    u.surname = checks.accept("surname", check_personal_name(wanted.surname, why), why);
    check_roles(checks, wanted.roles);
    u.roles = wanted.roles;
    u.attributes = checks.accept("attributes", check_attributes(wanted.attributes, why), why);
    u.is_superuser = wanted.is_superuser;
    u.email_verified = wanted.email_verified;
    u.gate.enabled = wanted.enabled;
    if (wanted.password.has_value() == wanted.password_hash.has_value()) {
        checks.refuse("password", "give exactly one of password and password_hash");
    } else if (wanted.password_hash) {
        check_hash(checks, *wanted.password_hash);
    } else if (const std::optional<std::string> weak =
                   check_new_password(wanted.password->reveal(), context.settings.passwords, u.email, u.username)) {
        checks.refuse("password", *weak);
    }
    if (checks.failed()) {
        return checks.take();
    }
    return u;
}

void change_names(validation& checks, user& u, const user_changes& wanted) {
    std::string why;
    if (wanted.email) {
        const bool username_follows = !wanted.username && fold_login_name(u.username) == fold_login_name(u.email);
        const std::string email = checks.accept("email", check_email(*wanted.email, why), why);
        if (email != u.email) {
            u.email_verified = false;
            u.email = email;
            u.username = username_follows ? email : u.username;
        }
    }
    if (wanted.username) {
        u.username = checks.accept("username", check_username(*wanted.username, u.email, why), why);
    } else if (!checks.failed() && !check_username(u.username, u.email, why)) {
        checks.refuse("username", why); // it held the email of before
    }
    if (wanted.first_name) {
        u.first_name = checks.accept("first_name", check_personal_name(*wanted.first_name, why), why);
    }
    if (wanted.surname) {
        u.surname = checks.accept("surname", check_personal_name(*wanted.surname, why), why);
    }
}

// All but the password, applied to `u`; its names for the event, e.g. "email roles". Refuses what is not acceptable.
result<void> apply_changes(user& u, const user_changes& wanted) {
    validation checks;
    change_names(checks, u, wanted);
    if (wanted.roles) {
        check_roles(checks, *wanted.roles);
        u.roles = *wanted.roles;
    }
    if (wanted.attributes) {
        std::string why;
        u.attributes = checks.accept("attributes", check_attributes(*wanted.attributes, why), why);
    }
    u.is_superuser = wanted.is_superuser.value_or(u.is_superuser);
    u.email_verified = wanted.email_verified.value_or(u.email_verified);
    u.gate.enabled = wanted.enabled.value_or(u.gate.enabled);
    u.pending_approval = u.pending_approval && !u.gate.enabled;
    if (wanted.password && wanted.password_hash) {
        checks.refuse("password", "give at most one of password and password_hash");
    } else if (wanted.password_hash) {
        check_hash(checks, *wanted.password_hash);
    }
    if (checks.failed()) {
        return checks.take();
    }
    return {};
}

std::string names_of_changes(const user& before, const user& after) {
    std::string names;
    const auto add = [&](bool differs, const char* name) {
        if (differs) {
            names.append(names.empty() ? "" : " ").append(name);
        }
    };
    add(before.email != after.email, "email");
    add(before.username != after.username, "username");
    add(before.first_name != after.first_name, "first_name");
    add(before.surname != after.surname, "surname");
    add(before.roles != after.roles, "roles");
    add(before.attributes != after.attributes, "attributes");
    add(before.is_superuser != after.is_superuser, "is_superuser");
    add(before.email_verified != after.email_verified, "email_verified");
    add(before.gate.enabled != after.gate.enabled, after.gate.enabled ? "enabled" : "disabled");
    add(before.password_hash != after.password_hash, "password");
    return names;
}

} // namespace

void check_roles(validation& checks, const std::vector<std::string>& roles) {
    if (roles.size() > roles_max) {
        checks.refuse("roles", "must be at most " + std::to_string(roles_max));
        return;
    }
    for (auto role = roles.begin(); role != roles.end(); ++role) {
        std::string problem = role_problem(*role);
        if (problem.empty() && std::find(roles.begin(), role, *role) != role) {
            problem = "must not name one twice";
        }
        if (!problem.empty()) {
            checks.refuse("roles", std::move(problem));
            return;
        }
    }
}

std::optional<failure> no_operator(const service_context& context, const operator_caller& by) {
    if (by.machine) {
        return no_longer(context, *by.machine, admin_scope);
    }
    if (!by.who) {
        return std::nullopt;
    }
    const user_ptr current = context.data.find_user(by.id());
    if (!current) {
        return failure(errc::invalid_access_token);
    }
    if (std::optional<failure> refused = not_admitted(context, *by.who, *current)) {
        return refused;
    }
    return current->is_superuser ? std::nullopt : std::optional(failure(errc::not_admin));
}

bool admin_service::is_still_operator(const operator_caller& by) const {
    return !no_operator(context_, by) && (!by.who || context_.time.now() < by.who->expires_at);
}

ticket record_act(const service_context& context, const operator_caller& by, event_kind what, user_id about_user,
                  const family_id& about_family, std::string about) {
    security_event event;
    event.kind = what;
    event.user = about_user;
    event.family = about_family;
    event.presented = use_of(by.from, context.time.now());
    event.by = by.id();
    event.about = by.machine ? about_by_client(about, by.machine->client->client_id) : std::move(about);
    return context.data.append_event(event);
}

task<result<user_ptr>> admin_service::create_user(operator_caller by, new_user wanted) {
    result<user> checked = checked_new_user(context_, wanted);
    if (!checked) {
        co_return checked.error();
    }
    auto created = std::make_shared<user>(*std::move(checked));
    if (wanted.password_hash) {
        created->password_hash = wanted.password_hash->reveal();
    } else {
        secret_string normalized = normalize_password(wanted.password->reveal());
        task<result<std::string>> hashing = context_.hasher.hash(std::move(normalized));
        result<std::string> hashed = co_await std::move(hashing);
        if (!hashed) {
            co_return hashed.error();
        }
        created->password_hash = *std::move(hashed);
    }
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    created->created_at = context_.time.now();
    if (!created->gate.enabled) {
        created->gate.reason = gate_reason::disabled;
        created->gate.changed_at = created->created_at;
    }
    const result<store::insert_user_result> inserted = context_.data.insert_user(*created);
    if (!inserted) {
        co_return inserted.error();
    }
    if (inserted->email_taken || inserted->username_taken) {
        task<failure> refused = refusal(context_.data, inserted->email_taken ? errc::email_taken : errc::username_taken,
                                        inserted->wait_for);
        co_return co_await std::move(refused);
    }
    created->id = inserted->id;
    const ticket noted = record_act(context_, by, event_kind::user_created, created->id, family_id{}, {});
    task<result<void>> accepted = acceptance(context_.data, later(inserted->wait_for, noted));
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    context_.counters.sign_ups.fetch_add(1, std::memory_order_relaxed);
    co_return user_ptr(std::move(created));
}

task<result<user_ptr>> admin_service::change_user(operator_caller by, user_id id, user_changes wanted) {
    std::optional<std::string> new_hash;
    if (wanted.password_hash) {
        new_hash = wanted.password_hash->reveal();
    } else if (wanted.password) {
        const user_ptr current = context_.data.find_user(id);
        if (!current) {
            co_return errc::user_not_found;
        }
        // The rules compare it with the names that it will stand beside.
        const std::string email = wanted.email.value_or(current->email);
        const std::string username = wanted.username.value_or(current->username);
        if (const std::optional<std::string> weak =
                check_new_password(wanted.password->reveal(), context_.settings.passwords, email, username)) {
            validation checks;
            checks.refuse("password", *weak);
            co_return checks.take();
        }
        secret_string normalized = normalize_password(wanted.password->reveal());
        task<result<std::string>> hashing = context_.hasher.hash(std::move(normalized));
        result<std::string> hashed = co_await std::move(hashing);
        if (!hashed) {
            co_return hashed.error();
        }
        new_hash = *std::move(hashed);
    }
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    std::string changed;
    bool closes = false;
    bool renames = false;
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        const user before = u;
        const result<void> applied = apply_changes(u, wanted);
        if (!applied) {
            return applied.error();
        }
        if (new_hash) {
            u.password_hash = *new_hash;
        }
        changed = names_of_changes(before, u);
        renames = before.username != u.username;
        const bool disables = before.gate.enabled && !u.gate.enabled;
        closes = disables || new_hash.has_value();
        if (closes) { // enabling leaves the epoch: what disabling ended stays ended
            close_gate(u, disables ? gate_reason::disabled : gate_reason::password_change, family_id{},
                       context_.time.now());
        }
        return changed.empty() && !closes ? user_edit::keep : user_edit::replace;
    };
    user_change change = pawl::change_user(context_.data, id, edit);
    if (change.replaced) {
        change.wait_for =
            later(change.wait_for, record_act(context_, by, event_kind::user_changed, id, family_id{}, changed));
    }
    if (change.replaced && renames) {
        change.wait_for =
            later(change.wait_for, record_act(context_, by, event_kind::username_changed, id, family_id{}, {}));
    }
    if (change.replaced && closes) {
        change.wait_for = later(change.wait_for, record_revocation(context_, id, by.from));
    }
    task<result<user_ptr>> settling = settle(context_.data, std::move(change));
    co_return co_await std::move(settling);
}

task<result<void>> admin_service::remove_user(operator_caller by, user_id id) {
    if (std::optional<failure> refused = no_operator(context_, by)) {
        co_return *std::move(refused);
    }
    const user_edit_function edit = [&](user& u) -> result<user_edit> {
        make_tombstone(u, context_.time.now());
        return user_edit::replace;
    };
    user_change change = pawl::change_user(context_.data, id, edit);
    if (change.replaced) {
        change.wait_for = later(change.wait_for, record_revocation(context_, id, by.from));
        change.wait_for =
            later(change.wait_for, record_act(context_, by, event_kind::user_removed, id, family_id{}, {}));
    }
    task<result<user_ptr>> settling = settle(context_.data, std::move(change));
    const result<user_ptr> settled = co_await std::move(settling);
    if (!settled) {
        co_return settled.error();
    }
    co_return result<void>();
}

task<result<user_page>> admin_service::list_users(user_id after, std::size_t limit) {
    user_page page;
    page.users = context_.data.users_after(after, limit + 1);
    if (page.users.size() > limit) {
        page.users.resize(limit);
        page.next = page.users.back()->id;
    }
    ticket wait_for = ticket::none;
    for (const user_ptr& u : page.users) {
        const result<ticket> rests = context_.data.observe_user(u->id, u->version);
        if (!rests) {
            co_return rests.error();
        }
        wait_for = later(wait_for, *rests);
    }
    task<result<void>> accepted = acceptance(context_.data, wait_for);
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    co_return page;
}

task<result<user_ptr>> admin_service::find_user(user_id id) {
    const user_ptr found = context_.data.find_user(id);
    if (!found) {
        co_return errc::user_not_found;
    }
    task<result<void>> accepted = acceptance(context_.data, context_.data.observe_user(id, found->version));
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    co_return found;
}

task<result<user_ptr>> admin_service::find_user_by_login(std::string name) {
    const std::string folded = fold_login_name(name);
    const user_ptr found = context_.data.find_user_by_login(folded);
    const result<ticket> rests =
        found ? context_.data.observe_user(found->id, found->version) : context_.data.observe_absence(folded);
    task<result<void>> accepted = acceptance(context_.data, rests);
    const result<void> stands = co_await std::move(accepted);
    if (!stands) {
        co_return stands.error();
    }
    co_return found;
}

} // namespace pawl
