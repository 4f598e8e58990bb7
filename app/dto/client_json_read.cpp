// From JSON to what is wished of a client, an API, a scope.
#include "app/dto/client_json.hpp"
#include "core/provider/client_rules.hpp"
#include "core/provider/client_words.hpp"
#include "core/text/rfc3339.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace pawl::app {

namespace json = boost::json;

namespace {

constexpr std::string_view not_yet = "is not there yet: this version takes only ";

// Takes the members of one object by name and remembers which were asked for.
class wish_reader {
public:
    wish_reader(const json::object& given, std::string prefix, std::vector<field_error>& errors)
        : given_(given), prefix_(std::move(prefix)), errors_(errors) {}

    void blame(std::string_view name, std::string why) {
        errors_.push_back({prefix_ + std::string(name), std::move(why)});
    }
    std::string path_of(std::string_view name) const { return prefix_ + std::string(name); }
    std::vector<field_error>& errors() { return errors_; }

    // Null if absent; a JSON null is a value.
    const json::value* find(std::string_view name) {
        asked_.push_back(name);
        return given_.if_contains({name.data(), name.size()});
    }
    // The member as `read` takes it: std::optional<T>(const json::value&), std::nullopt if it is none; then it
    // `must_be` something else. A null is an empty wish.
    template <class T, class Read>
    wish<T> take(std::string_view name, std::string_view must_be, const Read& read) {
        const json::value* const v = find(name);
        if (v == nullptr) {
            return std::nullopt;
        }
        if (v->is_null()) {
            return wish<T>(std::optional<T>());
        }
        std::optional<T> value = read(*v);
        if (!value) {
            blame(name, "must be " + std::string(must_be));
            return std::nullopt;
        }
        return wish<T>(std::move(value));
    }
    wish<std::string> text(std::string_view name) {
        return take<std::string>(name, "a string", [](const json::value& v) {
            return v.is_string() ? std::optional(std::string(v.get_string())) : std::nullopt;
        });
    }
    wish<bool> flag(std::string_view name) {
        return take<bool>(name, "true or false", [](const json::value& v) {
            return v.is_bool() ? std::optional(v.get_bool()) : std::nullopt;
        });
    }
    wish<std::vector<std::string>> texts(std::string_view name) {
        using list = std::vector<std::string>;
        return take<list>(name, "an array of strings", [](const json::value& v) -> std::optional<list> {
            if (!v.is_array() || !std::ranges::all_of(v.get_array(), &json::value::is_string)) {
                return std::nullopt;
            }
            list all;
            for (const json::value& one : v.get_array()) {
                all.emplace_back(one.get_string());
            }
            return all;
        });
    }
    // Seconds; 0 would mean "as the server's options say", which is null.
    wish<seconds> time(std::string_view name) {
        return take<seconds>(name, "a number of seconds from 1, or null", [](const json::value& v) {
            const bool good = v.is_int64() && v.get_int64() >= 1;
            return good ? std::optional(seconds(v.get_int64())) : std::nullopt;
        });
    }
    template <class Choice>
    wish<Choice> choice(std::string_view name) {
        std::string words = "one of";
        for (const std::string_view word : words_of(Choice{})) {
            words.append(words.back() == 'f' ? " " : ", ").append(word);
        }
        return take<Choice>(name, words, [](const json::value& v) {
            return v.is_string() ? choice_from_text<Choice>(std::string_view(v.get_string())) : std::nullopt;
        });
    }
    std::optional<timestamp> date(std::string_view name) {
        const auto read = take<timestamp>(name, "a time like 2026-11-21T23:44:00Z", [](const json::value& v) {
            const auto t = v.is_string() ? from_rfc3339(std::string_view(v.get_string())) : std::nullopt;
            return t ? std::optional(to_seconds(*t)) : std::nullopt;
        });
        return read.value_or(std::nullopt);
    }
    std::optional<std::string> plain_text(std::string_view name) { return text(name).value_or(std::nullopt); }

    // Is told and not taken.
    void refuse(std::string_view name, std::string_view why) {
        if (find(name) != nullptr) {
            blame(name, std::string(why));
        }
    }
    // A member of a later version: only what says "none of it" is taken.
    void expect(std::string_view name, const json::value& neutral) {
        const json::value* const v = find(name);
        if (v != nullptr && !v->is_null() && *v != neutral) {
            blame(name, std::string(not_yet) + (neutral.is_null() ? "" : json::serialize(neutral) + " or ") + "null");
        }
    }
    void finish() {
        for (const auto& member : given_) {
            const std::string_view name(member.key());
            if (std::ranges::find(asked_, name) == asked_.end()) {
                blame(name, "is not known here");
            }
        }
    }

private:
    const json::object& given_;
    std::string prefix_;
    std::vector<field_error>& errors_;
    std::vector<std::string_view> asked_;
};

// JSON has no infinity, though 1e999 reads as one: it could not be written again.
bool is_finite(const json::value& v) {
    if (v.is_double()) {
        return std::isfinite(v.get_double());
    }
    if (v.is_array()) {
        return std::ranges::all_of(v.get_array(), is_finite);
    }
    return !v.is_object() || std::ranges::all_of(v.get_object(), [](const auto& m) { return is_finite(m.value()); });
}

// Compact text of an object; std::nullopt if it is none.
std::optional<std::string> object_text(const json::value& v) {
    return v.is_object() && is_finite(v) ? std::optional(std::string(json::serialize(v))) : std::nullopt;
}

std::optional<client_grants> grants_of(const json::value& v) {
    if (!v.is_array()) {
        return std::nullopt;
    }
    client_grants grants;
    for (const json::value& one : v.get_array()) {
        const std::string_view name = one.is_string() ? std::string_view(one.get_string()) : std::string_view();
        bool* const place = name == "authorization_code"   ? &grants.authorization_code
                            : name == "refresh_token"      ? &grants.refresh_token
                            : name == "client_credentials" ? &grants.client_credentials
                                                           : nullptr;
        if (place == nullptr || *place) {
            return std::nullopt;
        }
        *place = true;
    }
    return grants;
}

std::optional<bool> confidential_of(const json::value& v) {
    return v == "confidential" ? std::optional(true) : v == "public" ? std::optional(false) : std::nullopt;
}

std::optional<client_token_format> token_format_of(const json::value& v) {
    return v == "jwt"      ? std::optional(client_token_format::jwt)
           : v == "opaque" ? std::optional(client_token_format::opaque)
                           : std::nullopt;
}

// Members of the client that do nothing yet.
void expect_nothing_of_later(wish_reader& reader) {
    for (const char* name : {"tls_subject", "id_token_encryption", "userinfo_alg", "backchannel_logout_uri"}) {
        reader.expect(name, nullptr);
    }
    // What holds of an ID token once there is one; so it asks for nothing that is not going to be.
    reader.expect("id_token_alg", "RS256");
    reader.expect("subject_type", "public");
    reader.expect("require_par", false);
    reader.expect("require_signed_request", false);
    reader.expect("exchange", json::array());
    reader.expect("claims", json::array());
    const json::value* const jwks_uri = reader.find("jwks_uri");
    if (jwks_uri != nullptr && !jwks_uri->is_null()) {
        reader.blame("jwks_uri", "is not fetched: this server fetches nothing from elsewhere. Send the keys themselves "
                                 "as jwks");
    }
}

void read_given_secret(seeded_client& into, const json::object& given, const std::string& prefix,
                       std::vector<field_error>& errors) {
    wish_reader reader(given, prefix, errors);
    given_secret secret;
    secret.text = secret_string(reader.plain_text("secret").value_or(""));
    if (secret.text.reveal().empty()) {
        reader.blame("secret", "is required");
    }
    const json::value* const serial = reader.find("serial");
    if (serial != nullptr && !serial->is_null()) {
        const bool good = serial->is_int64() && serial->get_int64() >= 1 &&
                          serial->get_int64() <= std::numeric_limits<std::int32_t>::max();
        if (good) {
            secret.serial = static_cast<std::uint32_t>(serial->get_int64());
        } else {
            reader.blame("serial", "must be an integer from 1");
        }
    }
    secret.created_at = reader.date("created_at");
    secret.expires_at = reader.date("expires_at");
    reader.finish();
    into.secrets.push_back(std::move(secret));
}

// `client_secret`, or `secrets`, of a file.
void read_given_secrets(seeded_client& into, wish_reader& reader) {
    const std::optional<std::string> one = reader.plain_text("client_secret");
    if (one) {
        into.secrets.push_back({secret_string(*one), std::nullopt, std::nullopt, std::nullopt});
    }
    const json::value* const list = reader.find("secrets");
    if (list == nullptr || list->is_null()) {
        return;
    }
    if (!list->is_array() || list->get_array().size() + into.secrets.size() > client_secrets_max) {
        reader.blame("secrets", "must be an array of at most " + std::to_string(client_secrets_max) +
                                    ", together with client_secret");
        return;
    }
    for (std::size_t i = 0; i < list->get_array().size(); ++i) {
        const std::string path = "secrets[" + std::to_string(i) + "]";
        if (const json::object* const given = list->get_array()[i].if_object()) {
            read_given_secret(into, *given, reader.path_of(path) + ".", reader.errors());
        } else {
            reader.blame(path, "must be an object");
        }
    }
}

void read_choices(client_wishes& w, wish_reader& reader) {
    w.preset = reader.choice<client_preset>("preset");
    w.confidential = reader.take<bool>("type", "public or confidential", confidential_of);
    w.enabled = reader.flag("enabled");
    w.grants = reader.take<client_grants>(
        "grants", "an array of authorization_code, refresh_token and client_credentials, each once", grants_of);
    w.auth_method = reader.choice<client_auth_method>("auth_method");
    w.consent = reader.choice<client_consent>("consent");
    w.pkce = reader.choice<client_pkce>("pkce");
    w.bind = reader.choice<client_binding>("bind");
    w.code_reuse = reader.choice<code_reuse_rule>("code_reuse");
    w.token_format = reader.take<client_token_format>("token_format", "jwt, opaque or null", token_format_of);
}

} // namespace

seeded_client read_client(const json::object& given, const std::string& prefix, wish_source from,
                          std::vector<field_error>& errors) {
    wish_reader reader(given, prefix, errors);
    seeded_client read;
    client_wishes& w = read.wishes;
    w.client_id = reader.plain_text("client_id");
    w.name = reader.text("name");
    read_choices(w, reader);
    w.redirect_uris = reader.texts("redirect_uris");
    w.post_logout_redirect_uris = reader.texts("post_logout_redirect_uris");
    w.jwks = reader.take<std::string>("jwks", "a JWK set, an object, or null", object_text);
    w.scopes = reader.texts("scopes");
    w.default_scopes = reader.texts("default_scopes");
    w.apis = reader.texts("apis");
    w.access_token_ttl = reader.time("access_token_ttl");
    w.refresh_idle_ttl = reader.time("refresh_idle_ttl");
    w.refresh_absolute_ttl = reader.time("refresh_absolute_ttl");
    w.reuse_window = reader.time("reuse_window");
    w.lost_response_window = reader.time("lost_response_window");
    w.attributes =
        reader.take<std::string>("attributes", "an object of finite numbers, texts and such, or null", object_text);
    if (w.attributes && *w.attributes == std::optional<std::string>("{}")) {
        w.attributes->reset(); // as it is kept where there are none
    }
    expect_nothing_of_later(reader);
    if (from == wish_source::file) {
        read_given_secrets(read, reader);
        read.created_at = reader.date("created_at");
    } else {
        reader.refuse("client_secret", "is made by the server, and told once");
        reader.refuse("secrets", "are made by the server: POST to /admin/clients/{id}/secrets");
        reader.refuse("created_at", "is set by the server");
        reader.refuse("origin", "is set by the server");
    }
    reader.finish();
    return read;
}

api_wishes read_api(const json::object& given, const std::string& prefix, wish_source from,
                    std::vector<field_error>& errors) {
    wish_reader reader(given, prefix, errors);
    api_wishes w;
    w.identifier = reader.plain_text("identifier");
    w.name = reader.text("name");
    w.scopes = reader.texts("scopes");
    w.token_format = reader.choice<access_token_format>("token_format");
    w.access_token_ttl = reader.time("access_token_ttl");
    if (from == wish_source::file) {
        w.created_at = reader.date("created_at");
    } else {
        reader.refuse("created_at", "is set by the server");
    }
    reader.finish();
    return w;
}

scope_wishes read_scope(const json::object& given, const std::string& prefix, wish_source from,
                        std::vector<field_error>& errors) {
    wish_reader reader(given, prefix, errors);
    scope_wishes w;
    w.name = reader.plain_text("name");
    w.api = reader.text("api");
    w.roles = reader.texts("roles");
    const json::value* const texts = reader.find("texts");
    if (texts != nullptr && texts->is_object()) {
        wish_reader within(texts->get_object(), reader.path_of("texts."), errors);
        w.text_en = within.text("en");
        w.text_de = within.text("de");
        within.finish();
    } else if (texts != nullptr && texts->is_null()) {
        w.text_en = w.text_de = wish<std::string>(std::optional<std::string>());
    } else if (texts != nullptr) {
        reader.blame("texts", "must be an object with en and de, or null");
    }
    if (from == wish_source::file) {
        w.created_at = reader.date("created_at");
    } else {
        reader.refuse("created_at", "is set by the server");
    }
    reader.finish();
    return w;
}

} // namespace pawl::app
