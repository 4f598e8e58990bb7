// A request for authorization is read: client and redirect URI first, since only then there is a place that errors go
// to; after them everything else, in one order.
#include "core/provider/authorization_request.hpp"

#include "core/family/family.hpp"
#include "core/provider/claims_parameter.hpp"
#include "core/provider/given_parameters.hpp"
#include "core/provider/redirect_uri.hpp"
#include "core/provider/web_cookie.hpp"
#include "core/text/ascii.hpp"
#include "core/text/encoding.hpp"
#include "core/text/unicode.hpp"
#include "core/text/utf8.hpp"

#include <algorithm>
#include <charconv>

namespace pawl {

namespace {

// Why a request is refused. Without an error it is not.
struct problem {
    std::string_view error, description;
};

constexpr std::string_view invalid_request = "invalid_request";

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

// Text that JSON, HTML and a URI take back as it is.
bool is_plain(std::string_view text) {
    return is_utf8(text) && !has_control_characters(text);
}

bool is_good_state(std::string_view text) {
    return text.size() <= state_size_max && is_plain(text);
}

std::optional<response_mode> response_mode_of(std::string_view word) {
    constexpr std::string_view words[] = {"query", "fragment", "form_post"}; // each at the place of its number
    const auto* const at = std::ranges::find(words, word);
    return at == std::end(words) ? std::nullopt : std::optional(static_cast<response_mode>(at - std::begin(words)));
}

// Words with single spaces between them; an empty one where there are more.
std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    for (;;) {
        const std::size_t end = text.find(' ');
        words.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return words;
        }
        text.remove_prefix(end + 1);
    }
}

// --- Client and redirect URI. A problem of theirs has no target.

bool asks_for_openid(const given_parameters& given) {
    return std::ranges::any_of(given.all("scope"), [](std::string_view scope) {
        return std::ranges::any_of(words_of(scope), [](std::string_view name) { return name == "openid"; });
    });
}

problem prove_client(const given_parameters& given, const authorization_surroundings& about) {
    const std::size_t ids = given.count("client_id");
    if (ids != 1) {
        return {invalid_request, ids == 0 ? "client_id is missing." : "client_id is there more than once."};
    }
    if (!about.who || about.who->removed || about.who->client_id != *given.find("client_id")) {
        return {"invalid_client", "There is no client with this client_id."};
    }
    return about.who->enabled ? problem{} : problem{"invalid_client", "This client is disabled."};
}

problem prove_redirect_uri(const given_parameters& given, const authorization_surroundings& about,
                           authorization_request& out) {
    const std::size_t uris = given.count("redirect_uri");
    if (uris > 1) {
        return {invalid_request, "redirect_uri is there more than once."};
    }
    if (uris == 1) {
        out.redirect_uri = *given.find("redirect_uri");
        return is_redirect_uri_of(*about.who, out.redirect_uri)
                   ? problem{}
                   : problem{invalid_request, "redirect_uri is not one of those that are registered for the client."};
    }
    if (asks_for_openid(given)) { // OIDC Core 3.1.2.1
        return {invalid_request, "redirect_uri is missing; the scope openid requires it."};
    }
    if (about.who->redirect_uris.size() != 1) { // RFC 6749 3.1.2.3
        return {invalid_request, "redirect_uri is missing; only a client with exactly one may leave it out."};
    }
    out.redirect_uri = about.who->redirect_uris.front();
    out.redirect_uri_given = false;
    return {};
}

// --- All the rest: the client is told. Each check reads what it is about.

problem check_repeats(const given_parameters& given, const authorization_surroundings& /*about*/,
                      authorization_request& /*out*/) {
    return given.repeats("resource") ? problem{invalid_request, "A parameter other than resource is there twice."}
                                     : problem{};
}

problem check_client(const given_parameters& /*given*/, const authorization_surroundings& about,
                     authorization_request& out) {
    out.client = about.who->number;
    return about.who->authorization_code
               ? problem{}
               : problem{"unauthorized_client", "The client's grants do not have authorization_code."};
}

problem read_state(const given_parameters& given, const authorization_surroundings& /*about*/,
                   authorization_request& out) {
    const std::string_view state = given.find("state").value_or("");
    if (!is_good_state(state)) {
        return {invalid_request, "state is longer than 1024 bytes, or has control characters."};
    }
    out.state = state;
    return {};
}

problem read_response_mode(const given_parameters& given, const authorization_surroundings& /*about*/,
                           authorization_request& out) {
    const std::optional<response_mode> mode = response_mode_of(given.find("response_mode").value_or("query"));
    out.mode = mode.value_or(response_mode::query);
    return mode ? problem{} : problem{invalid_request, "response_mode must be query, fragment or form_post."};
}

problem refuse_what_is_not_here(const given_parameters& given, const authorization_surroundings& /*about*/,
                                authorization_request& /*out*/) {
    if (given.find("request")) {
        return {"request_not_supported", "Request objects are not supported."};
    }
    if (given.find("request_uri")) {
        return {"request_uri_not_supported", "request_uri is supported only as this server made it."};
    }
    if (given.find("registration")) {
        return {"registration_not_supported", "Clients can't register themselves in a request."};
    }
    return given.find("dpop_jkt") ? problem{invalid_request, "dpop_jkt is not supported."} : problem{};
}

problem read_response_type(const given_parameters& given, const authorization_surroundings& /*about*/,
                           authorization_request& /*out*/) {
    const std::optional<std::string_view> type = given.find("response_type");
    if (!type) {
        return {invalid_request, "response_type is missing."};
    }
    return *type == "code" ? problem{} : problem{"unsupported_response_type", "response_type must be code."};
}

// RFC 7636 4.3, 4.4.1.
problem read_challenge(const given_parameters& given, const authorization_surroundings& about,
                       authorization_request& out) {
    const std::optional<std::string_view> challenge = given.find("code_challenge"),
                                          method = given.find("code_challenge_method");
    if (!challenge) {
        if (method) {
            return {invalid_request, "code_challenge_method is there without code_challenge."};
        }
        const bool may_be_absent = about.who->pkce == client_pkce::optional && about.who->confidential;
        return may_be_absent ? problem{} : problem{invalid_request, "code_challenge is missing; PKCE is required."};
    }
    if (method != "S256") { // absent is `plain`
        return {invalid_request, "code_challenge_method must be S256."};
    }
    if (!base64url_decode_into(*challenge, out.code_challenge.emplace())) {
        return {invalid_request, "code_challenge must be the SHA-256 of the verifier: 43 characters of base64url."};
    }
    return {};
}

problem read_prompt(const given_parameters& given, const authorization_surroundings& /*about*/,
                    authorization_request& out) {
    constexpr std::pair<std::string_view, prompt_kind> kinds[] = {{"login", prompt_kind::login},
                                                                  {"consent", prompt_kind::consent},
                                                                  {"select_account", prompt_kind::select_account},
                                                                  {"none", prompt_kind::none}};
    const std::optional<std::string_view> prompt = given.find("prompt");
    if (!prompt) {
        return {};
    }
    for (const std::string_view word : words_of(*prompt)) {
        const auto* const at = std::ranges::find(kinds, word, [](const auto& kind) { return kind.first; });
        if (at == std::end(kinds)) {
            return {invalid_request, "prompt must be of login, consent and select_account, or none."};
        }
        out.prompt |= static_cast<std::uint8_t>(at->second);
    }
    if (out.asks(prompt_kind::none) && out.prompt != static_cast<std::uint8_t>(prompt_kind::none)) {
        return {invalid_request, "prompt must not have another value beside none."};
    }
    return {};
}

problem read_max_age(const given_parameters& given, const authorization_surroundings& /*about*/,
                     authorization_request& out) {
    const std::optional<std::string_view> text = given.find("max_age");
    if (!text) {
        return {};
    }
    if (!std::ranges::all_of(*text, is_digit)) {
        return {invalid_request, "max_age must be a count of seconds, digits only."};
    }
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
    out.max_age = error == std::errc{} ? std::min(seconds(count), max_age_max) : max_age_max;
    return {};
}

problem read_texts(const given_parameters& given, const authorization_surroundings& /*about*/,
                   authorization_request& out) {
    const std::string_view nonce = given.find("nonce").value_or("");
    if (nonce.size() > nonce_size_max || !is_plain(nonce)) {
        return {invalid_request, "nonce is longer than 512 bytes, or has control characters."};
    }
    out.nonce = nonce;
    const std::string_view hint = given.find("login_hint").value_or(""),
                           locales = given.find("ui_locales").value_or("");
    if (!is_plain(hint) || !is_plain(locales)) {
        return {invalid_request, "login_hint and ui_locales must not have control characters."};
    }
    // Hints: one that helps nothing is no error.
    out.login_hint = hint.size() <= login_hint_size_max ? hint : "";
    out.ui_locales = locales.size() <= ui_locales_size_max ? locales : "";
    for (const std::string_view name : words_of(given.find("acr_values").value_or(""))) {
        if (!name.empty() && std::ranges::find(acr_names, name) != std::end(acr_names) &&
            !contains(out.acr_values, name)) {
            out.acr_values.emplace_back(name);
        }
    }
    return {};
}

problem read_scopes(const given_parameters& given, const authorization_surroundings& about,
                    authorization_request& out) {
    const std::optional<std::string_view> asked = given.find("scope");
    std::vector<std::string> names;
    if (asked && !read_scope_parameter(*asked, names)) {
        return {"invalid_scope", "scope must be names with single spaces between them."};
    }
    for (const std::string& name : asked ? names : about.who->default_scopes) {
        const bool known = is_builtin_scope(name) || about.all.find_scope(name) != nullptr;
        if (known && contains(about.who->scopes, name) && !contains(out.scopes, name)) {
            out.scopes.push_back(name);
        }
    }
    if (out.scopes.empty()) {
        return {"invalid_scope", asked ? "The client has none of these scopes."
                                       : "scope is missing, and the client has no default scopes."};
    }
    return {};
}

// RFC 8707 2.
problem read_resources(const given_parameters& given, const authorization_surroundings& about,
                       authorization_request& out) {
    for (const std::string_view resource : given.all("resource")) {
        if (!contains(about.who->apis, resource) || about.all.find_api(resource) == nullptr) {
            return {"invalid_target", "resource is not an API of the client."};
        }
        if (!contains(out.resources, resource)) {
            out.resources.emplace_back(resource);
        }
    }
    return out.resources.size() <= family_grant::apis_max
               ? problem{}
               : problem{"invalid_target", "resource may name at most 4 APIs."};
}

// `sub` as a token has it.
user_id user_of_subject(std::string_view subject) {
    user_id id;
    const auto [end, error] = std::from_chars(subject.data(), subject.data() + subject.size(), id.value);
    return error == std::errc{} && std::to_string(id.value) == subject ? id : user_id{};
}

// OIDC Core 5.5, and 3.1.2.2 of `sub` and id_token_hint.
problem read_claims_and_hint(const given_parameters& given, const authorization_surroundings& about,
                             authorization_request& out) {
    if (about.hint_given && !about.hinted) {
        return {invalid_request, "id_token_hint is no ID token of this server for this client."};
    }
    out.hinted = about.hinted;
    const std::optional<std::string_view> text = given.find("claims");
    if (!text) {
        return {};
    }
    const std::optional<asked_claims> claims =
        text->size() <= claims_size_max ? read_claims_parameter(*text) : std::nullopt;
    if (!claims) {
        return {invalid_request, "claims must be a JSON object of at most 4096 bytes, as OpenID Connect has it."};
    }
    out.userinfo_claims = claims->userinfo;
    out.id_token_claims = claims->id_token;
    out.essential_acr = claims->acr;
    if (claims->subject) {
        const user_id wanted = user_of_subject(*claims->subject);
        out.hinted = !out.hinted || *out.hinted == wanted ? wanted : user_id{};
    }
    return {};
}

// What was read of the target is used from the first check on, whichever it is that finds a fault.
redirect_target target_of(const given_parameters& given, const authorization_request& read) {
    const std::string_view state = given.only("state").value_or("");
    return {read.redirect_uri, std::string(is_good_state(state) ? state : ""),
            response_mode_of(given.only("response_mode").value_or("query")).value_or(response_mode::query)};
}

authorization_refusal refusal_of(const problem& why, std::optional<redirect_target> target) {
    return {std::string(why.error), std::string(why.description), std::move(target)};
}

} // namespace

std::variant<authorization_request, authorization_refusal>
read_authorization_request(const authorization_parameters& all, const authorization_surroundings& about) {
    const given_parameters given(all);
    authorization_request out;
    problem found = prove_client(given, about);
    if (found.error.empty()) {
        found = prove_redirect_uri(given, about, out);
    }
    if (!found.error.empty()) {
        return refusal_of(found, std::nullopt);
    }
    using check = problem (*)(const given_parameters&, const authorization_surroundings&, authorization_request&);
    constexpr check in_order[] = {
        check_repeats,      check_client,   read_state,          read_response_mode, refuse_what_is_not_here,
        read_response_type, read_challenge, read_prompt,         read_max_age,       read_texts,
        read_scopes,        read_resources, read_claims_and_hint};
    for (const check one : in_order) {
        found = one(given, about, out);
        if (!found.error.empty()) {
            return refusal_of(found, target_of(given, out));
        }
    }
    out.grant = about.fresh;
    out.asked_at = about.now;
    return out;
}

} // namespace pawl
