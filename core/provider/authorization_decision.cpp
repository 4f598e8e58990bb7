// What comes next for a request that was read: a page, a code, or an error for the client (OIDC Core 3.1.2.3, 3.1.2.4,
// 3.1.2.6, 11).
#include "core/provider/authorization_request.hpp"
#include "core/provider/redirect_uri.hpp"
#include "core/provider/user_grant.hpp"

#include <algorithm>
#include <iterator>

namespace pawl {

namespace {

using kind = authorization_step::kind;

// What is in `all` and not in `less`.
scope_set without(const scope_set& all, const scope_set& less) {
    std::array<std::uint64_t, 4> words = all.words();
    for (std::size_t i = 0; i < words.size(); ++i) {
        words[i] &= ~less.words()[i];
    }
    return scope_set::of(words);
}

authorization_step step_of(kind what) {
    authorization_step step;
    step.what = what;
    return step;
}

authorization_step refuse(std::string_view error, std::string_view description, std::optional<redirect_target> target) {
    authorization_step step = step_of(kind::refuse);
    step.refusal = {std::string(error), std::string(description), std::move(target)};
    return step;
}

authorization_step refuse(const authorization_request& asked, std::string_view error, std::string_view description) {
    return refuse(error, description, target_of(asked));
}

// A page may be an hour old: whether its request could still be made.
bool still_stands(const authorization_request& asked, const client& who) {
    return asked.client == who.number && who.enabled && !who.removed && is_redirect_uri_of(who, asked.redirect_uri);
}

// Whether an older sign-in is not enough. A sign-in of this request is, however old it has become.
bool wants_sign_in(const authorization_request& asked, timestamp auth_time, timestamp now) {
    return asked.asks(prompt_kind::login) ||
           (asked.max_age && (*asked.max_age == seconds(0) || now - auth_time > *asked.max_age));
}

// OIDC Core 5.5.1.1: treated as a failed sign-in.
authorization_step refuse_strength(const authorization_request& asked) {
    return refuse(asked, "unmet_authentication_requirements",
                  "The user did not, or can not, sign in as the essential acr claim wants.");
}

// The page that comes before any grant is looked at; std::nullopt where the user at the browser is the one.
std::optional<authorization_step> decide_who(const authorization_request& asked,
                                             const std::optional<signed_in>& browser,
                                             const authorization_progress& progress, timestamp now) {
    const bool quiet = asked.asks(prompt_kind::none);
    const auto sign_in = [&](std::string_view why) {
        return quiet ? refuse(asked, "login_required", why) : step_of(kind::sign_in);
    };
    if (!browser || !browser->user || browser->user->deleted || !browser->user->gate.enabled) {
        return sign_in("The user is not signed in.");
    }
    const bool signed_in_for_this = !progress.first_look && browser->auth_time >= asked.asked_at;
    if (asked.hinted && *asked.hinted != browser->user->id) {
        return signed_in_for_this ? refuse(asked, "login_required", "Another user signed in than the one asked for.")
                                  : sign_in("Another user is signed in than the one asked for.");
    }
    if (!told_acr(asked, browser->acr)) {
        return signed_in_for_this ? refuse_strength(asked) : sign_in("The user has to sign in in another way.");
    }
    if (signed_in_for_this) {
        return std::nullopt;
    }
    if (wants_sign_in(asked, browser->auth_time, now)) {
        return sign_in("The user has to sign in again.");
    }
    if (asked.asks(prompt_kind::select_account) && !progress.chosen) {
        return step_of(kind::select_account);
    }
    return std::nullopt;
}

// Asked for, and allowed by client and roles.
scope_set grantable(const authorization_request& asked, const client& who, const catalogue& all, const user& owner) {
    const scope_set out =
        scopes_of_names(all, asked.scopes) & scopes_of_names(all, who.scopes) & scopes_of_user(all, owner);
    // OIDC Core 11: without prompt=consent it is ignored, but for clients whose users are not asked at all.
    const bool offline = who.refresh_token && (who.consent != client_consent::ask || asked.asks(prompt_kind::consent));
    scope_set ignored;
    if (!offline) {
        ignored.insert(static_cast<std::size_t>(builtin_scope::offline_access));
    }
    return without(out, ignored);
}

// Whether a page asks the user, where it was not just answered.
bool wants_consent(const authorization_request& asked, const client& who, const scope_set& asked_newly) {
    switch (who.consent) {
    case client_consent::never:
        return false;
    case client_consent::implicit:
        return asked.asks(prompt_kind::consent);
    case client_consent::ask:
        break;
    }
    return asked.asks(prompt_kind::consent) || !asked_newly.empty();
}

} // namespace

std::optional<std::uint8_t> told_acr(const authorization_request& asked, std::uint8_t acr) {
    if (!asked.essential_acr) {
        return acr;
    }
    for (unsigned one = std::min<unsigned>(acr, std::size(acr_names) - 1); one > 0; --one) {
        if (((*asked.essential_acr >> one) & 1U) != 0) {
            return static_cast<std::uint8_t>(one);
        }
    }
    return std::nullopt;
}

authorization_step decide_authorization(const authorization_request& asked, const client& who, const catalogue& all,
                                        const std::optional<signed_in>& browser, const consent* consented,
                                        const authorization_progress& progress, timestamp now) {
    if (!still_stands(asked, who)) {
        return refuse("invalid_client", "The client or its redirect URI was changed meanwhile.", std::nullopt);
    }
    if (!who.authorization_code) {
        return refuse(asked, "unauthorized_client", "The client's grants do not have authorization_code.");
    }
    if (asked.essential_acr && *asked.essential_acr == 0) { // no way to sign in is one of them
        return refuse_strength(asked);
    }
    if (std::optional<authorization_step> before = decide_who(asked, browser, progress, now)) {
        return *std::move(before);
    }
    authorization_step step;
    step.granted = grantable(asked, who, all, *browser->user);
    if (step.granted.empty()) {
        return refuse(asked, "invalid_scope", "The user may have none of these scopes.");
    }
    if (!apis_of_grant(who, all, asked.resources, step.granted)) {
        return refuse(asked, "invalid_target", "This is for more than 4 APIs, or for one that the client has no more.");
    }
    step.asked_newly = consented == nullptr ? step.granted : without(step.granted, consented->scopes);
    step.what = kind::grant;
    const bool allowed_here = progress.allowed && without(step.granted, *progress.allowed).empty();
    if (!allowed_here && wants_consent(asked, who, step.asked_newly)) {
        if (asked.asks(prompt_kind::none)) {
            return refuse(asked, "consent_required", "The user has not allowed all of this.");
        }
        step.what = kind::consent;
    }
    const bool rests_on_it = step.what == kind::grant && who.consent != client_consent::never && consented != nullptr &&
                             step.asked_newly.empty();
    step.consent_version = rests_on_it ? consented->era : 0;
    return step;
}

} // namespace pawl
