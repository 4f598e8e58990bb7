// From JSON to what is wished of a client, an API, a scope.
#include "app/dto/client_json.hpp"
#include "app/http/object_text.hpp"
#include "core/provider/client_rules.hpp"
#include "core/provider/client_secret.hpp"
#include "core/provider/client_words.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace pawl::app {

namespace {

constexpr std::string_view set_by_server = "is set by the server";

// A member that may also be null: `read` gives what it is, std::nullopt where it has blamed it.
template <class T, class Read>
wish<T> take(member_reader& reader, std::string_view name, const Read& read) {
    const presence there = reader.presence_of(name);
    if (there == presence::absent) {
        return std::nullopt;
    }
    if (there == presence::null) {
        return wish<T>(std::optional<T>());
    }
    std::optional<T> value = read();
    return value ? wish<T>(std::move(value)) : std::nullopt;
}

wish<std::string> take_text(member_reader& reader, std::string_view name) {
    return take<std::string>(reader, name, [&] { return reader.optional_text(name); });
}
wish<bool> take_flag(member_reader& reader, std::string_view name) {
    return take<bool>(reader, name, [&] { return reader.optional_flag(name); });
}
wish<std::vector<std::string>> take_texts(member_reader& reader, std::string_view name) {
    return take<std::vector<std::string>>(reader, name, [&] { return reader.optional_texts(name); });
}
// 0 would mean "as the server's options say", which is null.
wish<seconds> take_time(member_reader& reader, std::string_view name) {
    return take<seconds>(reader, name, [&]() -> std::optional<seconds> {
        const auto value = reader.optional_integer(name, 1, client_ttl_max.count());
        return value ? std::optional(seconds(*value)) : std::nullopt;
    });
}
template <class Choice>
wish<Choice> take_choice(member_reader& reader, std::string_view name) {
    return take<Choice>(reader, name, [&]() -> std::optional<Choice> {
        const auto place = reader.optional_word(name, words_of(Choice{}));
        return place ? std::optional(static_cast<Choice>(*place)) : std::nullopt;
    });
}

// Compact text of an object, "" of an empty one.
wish<std::string> take_object(member_reader& reader, std::string_view name) {
    return take<std::string>(reader, name, [&] { return optional_object_text(reader, name); });
}

wish<client_grants> take_grants(member_reader& reader) {
    return take<client_grants>(reader, "grants", [&]() -> std::optional<client_grants> {
        const auto names = reader.optional_texts("grants");
        if (!names) {
            return std::nullopt;
        }
        client_grants grants;
        for (const std::string& name : *names) {
            bool* const place = name == "authorization_code"   ? &grants.authorization_code
                                : name == "refresh_token"      ? &grants.refresh_token
                                : name == "client_credentials" ? &grants.client_credentials
                                                               : nullptr;
            if (place == nullptr || *place) {
                reader.blame("grants",
                             "can be authorization_code, refresh_token and client_credentials, each at most once");
                return std::nullopt;
            }
            *place = true;
        }
        return grants;
    });
}

wish<bool> take_type(member_reader& reader) {
    constexpr std::array<std::string_view, 2> words{"public", "confidential"};
    return take<bool>(reader, "type", [&]() -> std::optional<bool> {
        const auto place = reader.optional_word("type", words);
        return place ? std::optional(*place == 1) : std::nullopt;
    });
}

wish<client_token_format> take_token_format(member_reader& reader) {
    return take<client_token_format>(reader, "token_format", [&]() -> std::optional<client_token_format> {
        const auto place = reader.optional_word("token_format", token_format_words);
        return place ? std::optional(*place == 0 ? client_token_format::jwt : client_token_format::opaque)
                     : std::nullopt;
    });
}

// null, or an object with at least one host.
wish<client_forward> take_forward(member_reader& reader) {
    const presence there = reader.presence_of("forward");
    if (there == presence::absent) {
        return std::nullopt;
    }
    if (there == presence::null) {
        return wish<client_forward>(std::optional<client_forward>());
    }
    member_reader inner(reader, "forward");
    if (!inner.has_object()) {
        return std::nullopt;
    }
    const auto texts = [&](std::string_view name) {
        return inner.optional_texts(name).value_or(std::vector<std::string>());
    };
    client_forward out{texts("hosts"), texts("roles"), texts("scopes")};
    if (out.hosts.empty()) {
        inner.blame("hosts", "must name at least one");
    }
    inner.refuse_others();
    return wish<client_forward>(std::move(out));
}

// A member of a later version: taken only as what asks for nothing.
void expect_neutral(member_reader& reader, std::string_view name, bool is_neutral, std::string_view neutral) {
    if (reader.given(name) && !is_neutral) {
        reader.blame(name, "is not there yet: this version takes only " + std::string(neutral));
    }
}

bool is_text(member_reader& reader, std::string_view name, std::string_view text) {
    return reader.kind_of(name) == parameter_kind::string && reader.optional_text(name) == text;
}

void expect_nothing_of_later(member_reader& reader) {
    for (const char* name : {"tls_subject", "id_token_encryption", "userinfo_alg", "backchannel_logout_uri"}) {
        expect_neutral(reader, name, false, "null");
    }
    expect_neutral(reader, "subject_type", is_text(reader, "subject_type", "public"), "public or null");
    for (const char* name : {"require_par", "require_signed_request"}) {
        const bool is_off = reader.kind_of(name) == parameter_kind::boolean && reader.optional_flag(name) == false;
        expect_neutral(reader, name, is_off, "false or null");
    }
    for (const char* name : {"exchange", "claims"}) {
        const bool is_empty =
            reader.kind_of(name) == parameter_kind::array && reader.count_elements(name, member_texts_max) == 0;
        expect_neutral(reader, name, is_empty, "[] or null");
    }
    if (reader.given("jwks_uri")) {
        reader.blame("jwks_uri", "is not fetched: this server fetches nothing from elsewhere. Send the keys themselves "
                                 "as jwks");
    }
}

std::optional<timestamp> take_date(member_reader& reader, std::string_view name) {
    const auto at = reader.optional_time(name, time_form::text_or_seconds);
    return at ? std::optional(to_seconds(*at)) : std::nullopt;
}

given_secret read_given_secret(member_reader& reader) {
    given_secret secret;
    secret.text = reader.required_secret("secret");
    const auto serial = reader.optional_integer("serial", 1, std::numeric_limits<std::int32_t>::max());
    if (serial) {
        secret.serial = static_cast<std::uint32_t>(*serial);
    }
    secret.created_at = take_date(reader, "created_at");
    secret.expires_at = take_date(reader, "expires_at");
    reader.refuse_others();
    return secret;
}

void check_given_secret(member_reader& reader, std::string_view name, const secret_string& text) {
    if (text.reveal().empty() || text.reveal().size() > client_secret_size_max) {
        reader.blame(name, "must be 1 to " + std::to_string(client_secret_size_max) + " bytes long");
    }
}

// `client_secret`, or `secrets`, of a file.
void read_given_secrets(seeded_client& into, member_reader& reader) {
    const std::optional<secret_string> one = reader.optional_secret("client_secret");
    if (one) {
        check_given_secret(reader, "client_secret", *one);
        into.secrets.push_back({*one, std::nullopt, std::nullopt, std::nullopt});
    }
    const std::size_t count = reader.count_elements("secrets", client_secrets_max - into.secrets.size());
    for (std::size_t i = 0; i < count; ++i) {
        member_reader element(reader, "secrets", i);
        into.secrets.push_back(read_given_secret(element));
        check_given_secret(element, "secret", into.secrets.back().text);
    }
}

void refuse_set_by_server(member_reader& reader) {
    if (reader.presence_of("created_at") != presence::absent) {
        reader.blame("created_at", std::string(set_by_server));
    }
}

void read_choices(client_wishes& w, member_reader& reader) {
    w.preset = take_choice<client_preset>(reader, "preset");
    w.confidential = take_type(reader);
    w.enabled = take_flag(reader, "enabled");
    w.grants = take_grants(reader);
    w.auth_method = take_choice<client_auth_method>(reader, "auth_method");
    w.consent = take_choice<client_consent>(reader, "consent");
    w.pkce = take_choice<client_pkce>(reader, "pkce");
    w.bind = take_choice<client_binding>(reader, "bind");
    w.code_reuse = take_choice<code_reuse_rule>(reader, "code_reuse");
    w.token_format = take_token_format(reader);
    w.id_token_alg = take_choice<id_token_algorithm>(reader, "id_token_alg");
}

} // namespace

seeded_client read_client(member_reader& reader, wish_source from) {
    seeded_client read;
    client_wishes& w = read.wishes;
    w.client_id = reader.optional_text("client_id");
    w.name = take_text(reader, "name");
    read_choices(w, reader);
    w.redirect_uris = take_texts(reader, "redirect_uris");
    w.post_logout_redirect_uris = take_texts(reader, "post_logout_redirect_uris");
    w.jwks = take_object(reader, "jwks");
    w.scopes = take_texts(reader, "scopes");
    w.default_scopes = take_texts(reader, "default_scopes");
    w.apis = take_texts(reader, "apis");
    w.access_token_ttl = take_time(reader, "access_token_ttl");
    w.refresh_idle_ttl = take_time(reader, "refresh_idle_ttl");
    w.refresh_absolute_ttl = take_time(reader, "refresh_absolute_ttl");
    w.reuse_window = take_time(reader, "reuse_window");
    w.lost_response_window = take_time(reader, "lost_response_window");
    w.attributes = take_object(reader, "attributes");
    w.forward = take_forward(reader);
    expect_nothing_of_later(reader);
    if (from == wish_source::file) {
        read_given_secrets(read, reader);
        read.created_at = take_date(reader, "created_at");
    } else {
        refuse_set_by_server(reader);
        for (const char* name : {"client_secret", "secrets", "origin"}) {
            if (reader.presence_of(name) != presence::absent) {
                reader.blame(name, std::string(set_by_server));
            }
        }
    }
    reader.refuse_others();
    return read;
}

api_wishes read_api(member_reader& reader, wish_source from) {
    api_wishes w;
    w.identifier = reader.optional_text("identifier");
    w.name = take_text(reader, "name");
    w.scopes = take_texts(reader, "scopes");
    w.token_format = take_choice<access_token_format>(reader, "token_format");
    w.access_token_ttl = take_time(reader, "access_token_ttl");
    if (from == wish_source::file) {
        w.created_at = take_date(reader, "created_at");
    } else {
        refuse_set_by_server(reader);
    }
    reader.refuse_others();
    return w;
}

scope_wishes read_scope(member_reader& reader, wish_source from) {
    scope_wishes w;
    w.name = reader.optional_text("name");
    w.api = take_text(reader, "api");
    w.roles = take_texts(reader, "roles");
    if (reader.presence_of("texts") == presence::null) {
        w.text_en = w.text_de = wish<std::string>(std::optional<std::string>());
    } else {
        member_reader texts(reader, "texts");
        w.text_en = take_text(texts, "en");
        w.text_de = take_text(texts, "de");
        texts.refuse_others();
    }
    if (from == wish_source::file) {
        w.created_at = take_date(reader, "created_at");
    } else {
        refuse_set_by_server(reader);
    }
    reader.refuse_others();
    return w;
}

result<client_wishes> read_client_body(member_reader& reader) {
    seeded_client read = read_client(reader, wish_source::operators);
    if (!reader.failed()) {
        return std::move(read.wishes);
    }
    failure why = reader.why();
    if (std::ranges::all_of(why.fields, [](const field_error& f) { return f.field == "jwks_uri"; })) {
        why.code = errc::jwks_uri_off;
    }
    return why;
}

result<api_wishes> read_api_body(member_reader& reader) {
    api_wishes read = read_api(reader, wish_source::operators);
    return reader.failed() ? result<api_wishes>(reader.why()) : result<api_wishes>(std::move(read));
}

result<scope_wishes> read_scope_body(member_reader& reader) {
    scope_wishes read = read_scope(reader, wish_source::operators);
    return reader.failed() ? result<scope_wishes>(reader.why()) : result<scope_wishes>(std::move(read));
}

} // namespace pawl::app
