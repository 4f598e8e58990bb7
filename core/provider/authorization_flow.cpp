// The capsule of a request under way.
#include "core/capsule/body.hpp"
#include "core/provider/authorization_request.hpp"
#include "core/provider/scope_bytes.hpp"

namespace pawl {

namespace {

// version 1 B, F 16 B, asked_at 8 B, client 4 B, flags 1 B, response mode 1 B, prompt 1 B; each where its flag says so:
// challenge 32 B, max_age 4 B, hinted user 8 B, essential acr values 1 B; claims 4 B and 4 B; session of the page 16 B,
// its scopes 32 B; redirect URI, state, nonce, login hint, locales; then scopes, resources and acr values, each list
// behind its count of 2 B.
constexpr std::uint8_t body_version = 1;
constexpr std::uint8_t flag_uri_given = 1, flag_challenge = 2, flag_max_age = 4, flag_hinted = 8, flag_acr = 16,
                       flags_all = 31;
constexpr std::uint8_t prompts_all = 15;
constexpr std::size_t acr_values_max = 16, acr_value_size_max = 64;

// What a list may be.
struct list_bounds {
    std::size_t count_max, size_max;
};
constexpr list_bounds scopes_bounds{scopes_max, scope_name_size_max};
constexpr list_bounds resources_bounds{client_apis_max, api_identifier_size_max};
constexpr list_bounds acr_bounds{acr_values_max, acr_value_size_max};

bool fits(const std::vector<std::string>& list, const list_bounds& bounds) {
    return list.size() <= bounds.count_max &&
           std::ranges::all_of(list, [&](const std::string& text) { return text.size() <= bounds.size_max; });
}

bool fits(const authorization_request& r) {
    return r.redirect_uri.size() <= asked_uri_size_max && r.state.size() <= state_size_max &&
           r.nonce.size() <= nonce_size_max && r.login_hint.size() <= login_hint_size_max &&
           r.ui_locales.size() <= ui_locales_size_max && fits(r.scopes, scopes_bounds) &&
           fits(r.resources, resources_bounds) && fits(r.acr_values, acr_bounds) && is_capsule_date(r.asked_at) &&
           r.prompt <= prompts_all && (!r.max_age || (*r.max_age >= seconds(0) && *r.max_age <= max_age_max));
}

void write_list(body_writer& out, const std::vector<std::string>& list) {
    out.number(list.size(), 2);
    for (const std::string& text : list) {
        out.text(text);
    }
}

std::vector<std::string> read_list(body_reader& in, const list_bounds& bounds) {
    std::vector<std::string> list;
    for (std::uint64_t count = in.number(2, bounds.count_max); count > 0 && !in.failed(); --count) {
        list.push_back(in.text(bounds.size_max));
    }
    return list;
}

std::uint8_t flags_of(const authorization_request& r) {
    return static_cast<std::uint8_t>((r.redirect_uri_given ? flag_uri_given : 0) |
                                     (r.code_challenge ? flag_challenge : 0) | (r.max_age ? flag_max_age : 0) |
                                     (r.hinted ? flag_hinted : 0) | (r.essential_acr ? flag_acr : 0));
}

void write_request(body_writer& out, const authorization_request& r) {
    out.bytes(r.grant.bytes);
    out.date(r.asked_at);
    out.number(r.client.value, 4);
    out.number(flags_of(r), 1);
    out.number(static_cast<std::uint8_t>(r.mode), 1);
    out.number(r.prompt, 1);
    if (r.code_challenge) {
        out.bytes(*r.code_challenge);
    }
    if (r.max_age) {
        out.number(static_cast<std::uint64_t>(r.max_age->count()), 4);
    }
    if (r.hinted) {
        out.number(r.hinted->value, 8);
    }
    if (r.essential_acr) {
        out.number(*r.essential_acr, 1);
    }
    out.number(r.userinfo_claims, 4);
    out.number(r.id_token_claims, 4);
}

void read_request(body_reader& in, authorization_request& r) {
    in.bytes(r.grant.bytes);
    r.asked_at = in.date();
    r.client.value = static_cast<std::uint32_t>(in.number(4));
    const std::uint64_t flags = in.number(1, flags_all);
    r.mode = static_cast<response_mode>(in.number(1, static_cast<std::uint8_t>(response_mode::form_post)));
    r.prompt = static_cast<std::uint8_t>(in.number(1, prompts_all));
    r.redirect_uri_given = (flags & flag_uri_given) != 0;
    if ((flags & flag_challenge) != 0) {
        in.bytes(r.code_challenge.emplace());
    }
    if ((flags & flag_max_age) != 0) {
        r.max_age = seconds(static_cast<std::int64_t>(in.number(4, static_cast<std::uint64_t>(max_age_max.count()))));
    }
    if ((flags & flag_hinted) != 0) {
        r.hinted = user_id{in.number(8)};
    }
    if ((flags & flag_acr) != 0) {
        r.essential_acr = static_cast<std::uint8_t>(in.number(1));
    }
    r.userinfo_claims = static_cast<claim_set>(in.number(4));
    r.id_token_claims = static_cast<claim_set>(in.number(4));
}

void write_texts(body_writer& out, const authorization_request& r) {
    for (const std::string* text : {&r.redirect_uri, &r.state, &r.nonce, &r.login_hint, &r.ui_locales}) {
        out.text(*text);
    }
    for (const std::vector<std::string>* list : {&r.scopes, &r.resources, &r.acr_values}) {
        write_list(out, *list);
    }
}

void read_texts(body_reader& in, authorization_request& r) {
    r.redirect_uri = in.text(asked_uri_size_max);
    r.state = in.text(state_size_max);
    r.nonce = in.text(nonce_size_max);
    r.login_hint = in.text(login_hint_size_max);
    r.ui_locales = in.text(ui_locales_size_max);
    r.scopes = read_list(in, scopes_bounds);
    r.resources = read_list(in, resources_bounds);
    r.acr_values = read_list(in, acr_bounds);
}

} // namespace

std::optional<secret_string> seal_flow(const capsule_ring& ring, const flow& f, std::uint64_t mark,
                                       random_source& random) {
    if (!fits(f.request)) {
        return std::nullopt;
    }
    body_writer out;
    out.number(body_version, 1);
    write_request(out, f.request);
    out.bytes(f.seen_by.bytes);
    write_scopes(out, f.shown);
    write_texts(out, f.request);
    if (out.body().size() > capsule_body_size_max) {
        return std::nullopt;
    }
    return ring.seal(capsule_kind::flow, out.body(), mark_bytes(mark), random);
}

std::optional<flow> open_flow(const capsule_ring& ring, std::string_view text, std::uint64_t mark) {
    const std::optional<capsule_ring::opened> shown = ring.open(capsule_kind::flow, text, mark_bytes(mark));
    if (!shown) {
        return std::nullopt;
    }
    body_reader in(shown->body);
    flow f;
    in.require(in.number(1) == body_version);
    read_request(in, f.request);
    in.bytes(f.seen_by.bytes);
    f.shown = read_scopes(in);
    read_texts(in, f.request);
    return in.done() ? std::optional(std::move(f)) : std::nullopt;
}

} // namespace pawl
