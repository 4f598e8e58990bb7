// Lines "name=value" as the parameters of a request for authorization: what is taken is within its bounds, goes through
// a capsule as it is, and its answer goes to the client alone; what is refused goes there, too, or nowhere.
#include "core/family/family.hpp"
#include "core/provider/redirect_uri.hpp"
#include "tests/support/authorization_world.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace pawl;

class still_random final : public random_source {
public:
    void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, std::uint8_t{7}); }
};

capsule_ring some_ring() {
    std::vector<capsule_key> keys;
    keys.push_back({0, secret_bytes(capsule_key_size, 7)});
    return capsule_ring(std::move(keys));
}

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

authorization_parameters lines_of(std::string_view text) {
    authorization_parameters all;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        const std::size_t equals = std::min(line.find('='), line.size());
        all.emplace_back(line.substr(0, equals), line.substr(std::min(equals + 1, line.size())));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return all;
}

// The part behind the URI of the client has no character that means anything but between parameters.
void check_answer(const redirect_target& target) {
    const std::string uri = redirect_with(target, {{"error", "x"}, {"state", target.state}});
    require(uri.starts_with(target.uri));
    const auto is_plain = [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '<' && c != '\\'; };
    require(std::all_of(uri.begin() + static_cast<std::ptrdiff_t>(target.uri.size()), uri.end(), is_plain));
}

void check_taken(const authorization_request& asked, const client& who, const catalogue& all) {
    static const capsule_ring ring = some_ring();
    still_random random;
    require(asked.state.size() <= state_size_max && asked.nonce.size() <= nonce_size_max);
    require(!asked.scopes.empty() && asked.resources.size() <= family_grant::apis_max);
    require(asked.code_challenge.has_value() || who.pkce == client_pkce::optional);
    const auto sealed = seal_flow(ring, {asked, {}, {}}, 1, random);
    require(sealed && open_flow(ring, sealed->reveal(), 1)->request == asked);
    const signed_in someone{test::some_user(), test::id_of(1), test::asked_at, 1};
    authorization_progress progress;
    progress.chosen = true;
    progress.allowed = every_scope;
    const authorization_step step = decide_authorization(asked, who, all, someone, nullptr, progress, test::asked_at);
    require(step.what == authorization_step::kind::grant || step.what == authorization_step::kind::refuse);
    require(step.what == authorization_step::kind::refuse || !step.granted.empty());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const catalogue all = test::shop_catalogue();
    const authorization_parameters given = lines_of({reinterpret_cast<const char*>(data), size});
    for (const client_pkce pkce : {client_pkce::required, client_pkce::optional}) {
        client c = test::shop_client();
        c.pkce = pkce;
        c.redirect_uris = {"http://127.0.0.1/cb?x=1"};
        const auto who = std::make_shared<client>(c);
        const auto read =
            read_authorization_request(given, {who, all, test::asked_at, test::id_of(2), std::nullopt, false});
        std::optional<redirect_target> target;
        if (const auto* const asked = std::get_if<authorization_request>(&read)) {
            check_taken(*asked, c, all);
            target = target_of(*asked);
        } else {
            const auto& refusal = std::get<authorization_refusal>(read);
            require(!refusal.error.empty() && !refusal.description.empty());
            target = refusal.target;
        }
        if (target) {
            require(is_redirect_uri_of(c, target->uri) && target->state.size() <= state_size_max);
            check_answer(*target);
        }
    }
    return 0;
}
