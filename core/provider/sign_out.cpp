#include "core/provider/sign_out.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace pawl {

namespace {

constexpr std::size_t hint_size_max = 4096;

struct place {
    std::string_view name;
    std::string sign_out_request::* member;
    std::size_t size_max;
};
constexpr place places[] = {
    {"id_token_hint", &sign_out_request::id_token_hint, hint_size_max},
    {"client_id", &sign_out_request::client_id, client_id_size_max},
    {"post_logout_redirect_uri", &sign_out_request::post_logout_redirect_uri, client_uri_size_max},
    {"state", &sign_out_request::state, state_size_max},
    {"ui_locales", &sign_out_request::ui_locales, ui_locales_size_max},
};

sign_out_step refusal(std::string_view sentence) {
    sign_out_step out;
    out.what = sign_out_step::kind::refuse;
    out.sentence = sentence;
    return out;
}

bool is_registered(const client_ptr& who, const std::string& uri) {
    return who && who->enabled &&
           std::ranges::find(who->post_logout_redirect_uris, uri) != who->post_logout_redirect_uris.end();
}

// std::nullopt where the request is sound.
std::optional<sign_out_step> refused(const sign_out_request& asked, const sign_out_surroundings& now) {
    if (!asked.id_token_hint.empty() && !now.hint) {
        return refusal("The id_token_hint is not an ID token of this server.");
    }
    if (now.hint && !asked.client_id.empty() && now.hint->client_id != asked.client_id) {
        return refusal("The id_token_hint is of another client than client_id.");
    }
    if (!asked.client_id.empty() && !now.who) {
        return refusal("The client_id is not known.");
    }
    const bool client_said = now.hint || !asked.client_id.empty();
    if (client_said && !asked.post_logout_redirect_uri.empty() &&
        !is_registered(now.who, asked.post_logout_redirect_uri)) {
        return refusal("The post_logout_redirect_uri is not registered for this client.");
    }
    return std::nullopt;
}

std::string target(const sign_out_request& asked, const sign_out_surroundings& now) {
    if (asked.post_logout_redirect_uri.empty() || !is_registered(now.who, asked.post_logout_redirect_uri)) {
        return {};
    }
    authorization_parameters answer;
    if (!asked.state.empty()) {
        answer.emplace_back("state", asked.state);
    }
    return redirect_with({asked.post_logout_redirect_uri, {}, response_mode::query}, answer);
}

} // namespace

std::variant<sign_out_request, std::string_view> read_sign_out_request(const authorization_parameters& given) {
    sign_out_request asked;
    std::array<bool, std::size(places)> seen{};
    for (const auto& [name, value] : given) {
        const auto* at = std::ranges::find(places, name, &place::name);
        if (at == std::end(places)) {
            continue;
        }
        bool& before = seen.at(static_cast<std::size_t>(at - places));
        if (before) {
            return "A parameter was given twice.";
        }
        if (value.size() > at->size_max) {
            return "A parameter is too long.";
        }
        before = true;
        asked.*(at->member) = value;
    }
    return asked;
}

sign_out_step decide_sign_out(const sign_out_request& asked, const sign_out_surroundings& now) {
    if (auto no = refused(asked, now)) {
        return *std::move(no);
    }
    sign_out_step out;
    const std::string to = target(asked, now);
    if (!now.user) {
        out.what = sign_out_step::kind::done;
        (now.hint ? out.redirect_to : out.link) = to;
        return out;
    }
    const bool of_this_session =
        now.hint && now.hint->subject == *now.user && !now.session.empty() && now.hint->session == now.session;
    if (of_this_session || now.answer == sign_out_answer::yes) {
        out.what = sign_out_step::kind::sign_out;
        out.redirect_to = to;
        return out;
    }
    out.what = now.answer == sign_out_answer::no ? sign_out_step::kind::stay : sign_out_step::kind::ask;
    return out;
}

} // namespace pawl
