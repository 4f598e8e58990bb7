#include "app/transfer/import_apply.hpp"

#include "core/user/names.hpp"

#include <algorithm>

namespace pawl::app {

namespace {

// A user without an id of its own.
result<import_result> add_new(store& data, user u, timestamp now) {
    const bool has_time = u.created_at != timestamp{};
    if (!has_time) {
        u.created_at = now;
    }
    u.version = 1;
    const result<store::insert_user_result> made = data.insert_user(u);
    if (!made) {
        return made.error();
    }
    if (!made->email_taken && !made->username_taken) {
        return import_result{import_outcome::added, "user " + std::to_string(made->id.value), made->wait_for};
    }
    const user_ptr there = data.find_user_by_login(fold_login_name(u.email));
    const bool same = there && there->email == u.email && there->username == u.username &&
                      (there->password_hash == u.password_hash || (has_time && there->created_at == u.created_at));
    const import_outcome outcome = same                ? import_outcome::same
                                   : made->email_taken ? import_outcome::email_taken
                                                       : import_outcome::username_taken;
    return import_result{outcome, same ? "user " + std::to_string(there->id.value) : std::string("a new user"),
                         made->wait_for};
}

} // namespace

result<import_result> apply_import(store& data, user u, timestamp now) {
    if (u.id == user_id{}) {
        return add_new(data, std::move(u), now);
    }
    const std::string subject = "user " + std::to_string(u.id.value);
    const result<imported> done = data.import_user(u);
    if (!done) {
        return done.error();
    }
    return import_result{done->outcome, subject, done->wait_for};
}

result<import_result> apply_import(store& data, const storage::family_image& f, timestamp now) {
    const timestamp latest = now + imported_future_max;
    if (std::max({f.facts.created_at, f.facts.rotated_at(f.word), f.facts.created_at + seconds(f.ended_after),
                  f.use.at}) > latest) {
        return import_result{import_outcome::refused, "family " + to_hex(f.facts.id), ticket::none};
    }
    const result<imported> done = data.import_family(f.facts, f.word, f.ended_after, f.use_generation, f.use);
    if (!done) {
        return done.error();
    }
    return import_result{done->outcome, "family " + to_hex(f.facts.id), done->wait_for};
}

namespace {

// `put` adds it as a new one, `import` with its number.
template <class Record, class Put, class Import>
result<import_result> add_entity(const Record& r, const Put& put, const Import& import) {
    const std::string kind = storage::declaration<Record>::name;
    if (r.number.value != 0) {
        const result<imported> done = import(r);
        if (!done) {
            return done.error();
        }
        return import_result{done->outcome, kind + " " + std::to_string(r.number.value), done->wait_for};
    }
    const result<put_result> made = put(r);
    if (!made) {
        return made.error();
    }
    const import_outcome outcome = made->outcome == put_outcome::done    ? import_outcome::added
                                   : made->outcome == put_outcome::taken ? import_outcome::name_taken
                                                                         : import_outcome::refused;
    return import_result{outcome,
                         outcome == import_outcome::added ? kind + " " + std::to_string(made->number) : "a new " + kind,
                         made->wait_for};
}

} // namespace

result<import_result> apply_import(registry& entities, const client& c) {
    return add_entity(
        c, [&](const client& r) { return entities.put_client(r); },
        [&](const client& r) { return entities.import_client(r); });
}

result<import_result> apply_import(registry& entities, const api& a) {
    return add_entity(
        a, [&](const api& r) { return entities.put_api(r); }, [&](const api& r) { return entities.import_api(r); });
}

result<import_result> apply_import(registry& entities, const scope& s) {
    return add_entity(
        s, [&](const scope& r) { return entities.put_scope(r); },
        [&](const scope& r) { return entities.import_scope(r); });
}

result<import_result> apply_import(registry& entities, const revoked_token& t) {
    const bool there = entities.is_revoked(t.id);
    const result<put_result> done = entities.put_revoked(t);
    if (!done) {
        return done.error();
    }
    const import_outcome outcome = done->outcome != put_outcome::done ? import_outcome::refused
                                   : there                            ? import_outcome::same
                                                                      : import_outcome::added;
    return import_result{outcome, "revoked_token " + text_of(t.id), done->wait_for};
}

result<import_result> apply_import(registry& entities, const consent& c) {
    const result<imported> done = entities.import_consent(c);
    if (!done) {
        return done.error();
    }
    return import_result{done->outcome, "consent " + text_of(storage::declaration<consent>::key(c)), done->wait_for};
}

result<import_result> apply_import(store& data, const factor_state& f) {
    const result<imported> done = data.import_factor(f);
    if (!done) {
        return done.error();
    }
    return import_result{done->outcome, "factor_word " + text_of(storage::declaration<factor_state>::key(f)),
                         done->wait_for};
}

const char* name_of(import_outcome outcome) {
    switch (outcome) {
    case import_outcome::added:
        return "added";
    case import_outcome::same:
        return "same";
    case import_outcome::id_taken:
        return "id_taken";
    case import_outcome::email_taken:
        return "email_taken";
    case import_outcome::username_taken:
        return "username_taken";
    case import_outcome::name_taken:
        return "name_taken";
    case import_outcome::no_user:
        return "no_user";
    case import_outcome::refused:
        return "refused";
    }
    return "";
}

const char* reason_of(import_outcome outcome) {
    switch (outcome) {
    case import_outcome::added:
    case import_outcome::same:
        return "";
    case import_outcome::id_taken:
        return "its id is here already, with other content";
    case import_outcome::email_taken:
        return "its email is another user's login name here";
    case import_outcome::username_taken:
        return "its username is another user's login name here";
    case import_outcome::name_taken:
        return "another one has its client_id, identifier or name here";
    case import_outcome::no_user:
        return "its user is not here";
    case import_outcome::refused:
        return "this store can't hold it: it is too large, of a later epoch than its user's gate or its client's, of a "
               "client that is not here, or lies in the future";
    }
    return "";
}

} // namespace pawl::app
