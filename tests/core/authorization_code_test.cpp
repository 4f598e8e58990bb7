// Flows and codes as capsules, and what is looked at before a code is used (C1 to C3).
#include "core/provider/authorization_code.hpp"

#include "core/capsule/body.hpp"
#include "core/hmac_sha256.hpp"
#include "tests/support/authorization_world.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

constexpr std::uint64_t mark = 0x0123456789ABCDEF;

capsule_ring some_ring(std::uint8_t fill = 0x3C) {
    std::vector<capsule_key> keys;
    keys.push_back({0, secret_bytes(capsule_key_size, fill)});
    return capsule_ring(std::move(keys));
}

flow some_flow() {
    authorization_parameters given = good_parameters();
    given = with(given, "nonce", "a nonce");
    given = with(given, "prompt", "login consent");
    given = with(given, "max_age", "600");
    given = with(given, "login_hint", "someone");
    given = with(given, "ui_locales", "de");
    given = with(given, "acr_values", "urn:pawl:acr:1");
    given = with(given, "resource", "stock");
    given = with(given, "response_mode", "form_post");
    given = with(given, "claims",
                 R"({"userinfo":{"email":null},"id_token":{"name":null,)"
                 R"("acr":{"essential":true,"value":"urn:pawl:acr:1"}}})");
    return {std::get<authorization_request>(read(given, shop_client(), user_id{42})), id_of(0x51),
            scope_set::of({1, 2, 3, 1ULL << 63U})};
}

authorization_code some_code() {
    const flow f = some_flow();
    authorization_step decided;
    decided.what = authorization_step::kind::grant;
    decided.granted.insert(0);
    decided.granted.insert(orders_read);
    decided.consent_version = 9;
    return code_for(f.request, decided, shop_client(), shop_catalogue(),
                    {some_user(), id_of(0x51), asked_at + seconds(5), 1}, 3, asked_at + seconds(20));
}

presented_code shown_of_some_code() {
    return {{17}, some_redirect_uri, true, some_verifier};
}
code_surroundings all_stands() {
    return {true, true, true, true, asked_at + seconds(79)};
}

secret_bytes body_of(capsule_kind kind, const secret_string& text) {
    return some_ring().open(kind, text.reveal(), mark_bytes(mark)).value().body;
}

// Every text that is not the whole one, and one that is longer, sealed as if they were.
void check_every_length(capsule_kind kind, const secret_bytes& body, std::size_t size_min,
                        const std::function<bool(std::string_view)>& opens) {
    test::seeded_random random(2);
    const auto sealed = [&](const secret_bytes& other) {
        return some_ring().seal(kind, other, mark_bytes(mark), random);
    };
    BOOST_TEST(opens(sealed(body).reveal()));
    for (std::size_t size = 0; size < size_min; ++size) {
        BOOST_TEST(!opens(sealed({body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size)}).reveal()), size);
    }
    secret_bytes other = body;
    other[0] = 2; // the version
    BOOST_TEST(!opens(sealed(other).reveal()));
}

// Every text that differs in one character, or is shorter.
void check_every_text(const secret_string& text, const std::function<bool(std::string_view)>& opens) {
    const std::string whole(text.reveal());
    BOOST_TEST(opens(whole));
    for (std::size_t i = 0; i < whole.size(); ++i) {
        BOOST_TEST(!opens(whole.substr(0, i)), i);
        std::string other = whole;
        other[i] = other[i] == 'A' ? 'B' : 'A';
        BOOST_TEST(!opens(other), i);
    }
    BOOST_TEST(!opens(whole + "A"));
    BOOST_TEST(!opens(whole + "="));
}

} // namespace

BOOST_AUTO_TEST_SUITE(authorization_codes)

BOOST_AUTO_TEST_CASE(a_flow_is_read_as_it_was_sealed) {
    test::seeded_random random(1);
    flow least;
    least.request.redirect_uri_given = false;
    flow most = some_flow();
    most.request.redirect_uri.assign(asked_uri_size_max, 'r');
    most.request.state.assign(state_size_max, 's');
    most.request.nonce.assign(nonce_size_max, 'n');
    most.request.login_hint.assign(login_hint_size_max, 'l');
    most.request.ui_locales.assign(ui_locales_size_max, 'u');
    most.request.max_age = max_age_max;
    for (const flow& f : {some_flow(), least, most}) {
        const std::optional<secret_string> text = seal_flow(some_ring(), f, mark, random);
        BOOST_TEST_REQUIRE(text.has_value());
        BOOST_TEST(text->reveal().starts_with("pfl_"));
        BOOST_TEST((open_flow(some_ring(), text->reveal(), mark) == f));
        BOOST_TEST(!open_flow(some_ring(), text->reveal(), mark + 1).has_value());
        BOOST_TEST(!open_flow(some_ring(0x3D), text->reveal(), mark).has_value());
        BOOST_TEST(!open_code(some_ring(), text->reveal(), mark).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_flow_that_does_not_fit_is_not_sealed) {
    test::seeded_random random(1);
    const auto seals = [&](const std::function<void(authorization_request&)>& edit) {
        flow f = some_flow();
        edit(f.request);
        return seal_flow(some_ring(), f, mark, random).has_value();
    };
    BOOST_TEST(seals([](authorization_request&) {}));
    BOOST_TEST(!seals([](authorization_request& r) { r.redirect_uri.assign(asked_uri_size_max + 1, 'r'); }));
    BOOST_TEST(!seals([](authorization_request& r) { r.state.assign(state_size_max + 1, 's'); }));
    BOOST_TEST(!seals([](authorization_request& r) { r.nonce.assign(nonce_size_max + 1, 'n'); }));
    BOOST_TEST(!seals([](authorization_request& r) { r.login_hint.assign(login_hint_size_max + 1, 'l'); }));
    BOOST_TEST(!seals([](authorization_request& r) { r.ui_locales.assign(ui_locales_size_max + 1, 'u'); }));
    BOOST_TEST(!seals([](authorization_request& r) { r.asked_at = timestamp(seconds(-1)); }));
    BOOST_TEST(!seals([](authorization_request& r) { r.max_age = max_age_max + seconds(1); }));
    BOOST_TEST(!seals([](authorization_request& r) { r.prompt = 16; }));
    BOOST_TEST(!seals([](authorization_request& r) { r.scopes.assign(1, std::string(129, 's')); }));
    BOOST_TEST(!seals([](authorization_request& r) { r.scopes.assign(scopes_max, std::string(100, 's')); }));
    BOOST_TEST(seals([](authorization_request& r) { r.scopes.assign(scopes_max, "scope"); }));
}

BOOST_AUTO_TEST_CASE(no_other_text_is_a_flow) {
    test::seeded_random random(1);
    const secret_string text = seal_flow(some_ring(), some_flow(), mark, random).value();
    const auto opens = [](std::string_view shown) { return open_flow(some_ring(), shown, mark).has_value(); };
    check_every_text(text, opens);
    const secret_bytes body = body_of(capsule_kind::flow, text);
    check_every_length(capsule_kind::flow, body, body.size(), opens);
    const auto with_byte = [&](std::size_t at, std::uint8_t value) {
        secret_bytes other = body;
        other[at] = value;
        return opens(some_ring().seal(capsule_kind::flow, other, mark_bytes(mark), random).reveal());
    };
    BOOST_TEST(!with_byte(17, 0x80)); // asked_at
    BOOST_TEST(!with_byte(29, 16));   // flags
    BOOST_TEST(!with_byte(30, 3));    // mode
    BOOST_TEST(!with_byte(31, 16));   // prompt
    BOOST_TEST(!with_byte(64, 0x80)); // max_age
    secret_bytes longer = body;
    longer.push_back(0);
    BOOST_TEST(!opens(some_ring().seal(capsule_kind::flow, longer, mark_bytes(mark), random).reveal()));
}

BOOST_AUTO_TEST_CASE(a_code_is_read_as_it_was_sealed) {
    test::seeded_random random(1);
    authorization_code least;
    authorization_code most = some_code();
    most.nonce.assign(nonce_size_max, 'n');
    most.redirect_uri_given = false;
    for (const authorization_code& code : {some_code(), least, most}) {
        const std::optional<secret_string> text = seal_code(some_ring(), code, mark, random);
        BOOST_TEST_REQUIRE(text.has_value());
        BOOST_TEST(text->reveal().starts_with("pac_"));
        BOOST_TEST((open_code(some_ring(), text->reveal(), mark) == code));
        BOOST_TEST(!open_code(some_ring(), text->reveal(), mark ^ 1U << 31U).has_value());
        BOOST_TEST(!open_code(some_ring(0x3D), text->reveal(), mark).has_value());
    }
    most.nonce += 'n';
    BOOST_TEST(!seal_code(some_ring(), most, mark, random).has_value());
    least.auth_time = timestamp(seconds(-1));
    BOOST_TEST(!seal_code(some_ring(), least, mark, random).has_value());
}

BOOST_AUTO_TEST_CASE(no_other_text_is_a_code) {
    test::seeded_random random(1);
    const secret_string text = seal_code(some_ring(), some_code(), mark, random).value();
    const auto opens = [](std::string_view shown) { return open_code(some_ring(), shown, mark).has_value(); };
    check_every_text(text, opens);
    const secret_bytes body = body_of(capsule_kind::authorization_code, text);
    check_every_length(capsule_kind::authorization_code, body, body.size() - some_code().nonce.size(), opens);
    const auto with_byte = [&](std::size_t at, std::uint8_t value) {
        secret_bytes other = body;
        other[at] = value;
        return opens(some_ring().seal(capsule_kind::authorization_code, other, mark_bytes(mark), random).reveal());
    };
    BOOST_TEST(!with_byte(61, 8)); // flags
    for (const std::size_t date : {62U, 70U, 78U}) {
        BOOST_TEST(!with_byte(date, 0x80));
    }
    secret_bytes longer = body;
    longer.resize(body.size() - some_code().nonce.size() + nonce_size_max + 1, 'n');
    BOOST_TEST(!opens(some_ring().seal(capsule_kind::authorization_code, longer, mark_bytes(mark), random).reveal()));
}

BOOST_AUTO_TEST_CASE(a_code_says_what_was_decided) {
    const authorization_code code = some_code();
    BOOST_TEST((code.grant == id_of(0xF0)));
    BOOST_TEST(code.client.value == 17U);
    BOOST_TEST(code.user.value == 42U);
    BOOST_TEST(code.user_epoch == 5U);
    BOOST_TEST(code.client_epoch == 3U);
    BOOST_TEST(code.consent_version == 9U);
    BOOST_TEST((code.session == id_of(0x51)));
    BOOST_TEST(code.bound);
    BOOST_TEST((code.expires_at == asked_at + seconds(80)));
    BOOST_TEST((code.auth_time == asked_at + seconds(5)));
    BOOST_TEST(int{code.acr} == 1);
    BOOST_TEST(code.amr == 3);
    BOOST_TEST((code.apis == std::array<std::uint16_t, 4>{3, 0, 0, 0})); // the resource that was asked for
    BOOST_TEST(code.userinfo_claims == claim_bit("email"));
    BOOST_TEST(code.id_token_claims == claim_bit("name"));
    BOOST_TEST(code.nonce == "a nonce");
}

BOOST_AUTO_TEST_CASE(without_resources_a_code_is_for_the_apis_of_its_scopes) {
    authorization_request asked = some_flow().request;
    asked.resources.clear();
    authorization_step decided;
    const auto apis = [&](const client& who) {
        return code_for(asked, decided, who, shop_catalogue(), {some_user(), {}, asked_at, 1}, 1, asked_at);
    };
    decided.granted.insert(orders_read);
    decided.granted.insert(orders_write);
    decided.granted.insert(staff_only); // of an API that is not the client's
    decided.granted.insert(free_scope); // of none
    const authorization_code code = apis(shop_client());
    BOOST_TEST((code.apis == std::array<std::uint16_t, 4>{1, 0, 0, 0}));
    BOOST_TEST(code.userinfo_claims == 0U); // without openid
    BOOST_TEST(code.id_token_claims == 0U);
    BOOST_TEST(!code.bound); // there is no session
}

BOOST_AUTO_TEST_CASE(a_family_is_bound_unless_it_is_for_offline_use) {
    client who = shop_client();
    scope_set granted;
    BOOST_TEST(is_bound(who, granted));
    granted.insert(5);
    BOOST_TEST(!is_bound(who, granted));
    who.bind = client_binding::none;
    BOOST_TEST(!is_bound(who, {}));
}

BOOST_AUTO_TEST_CASE(a_code_matches_only_what_it_was_made_for) {
    const authorization_code code = some_code();
    const auto verdict = [&](const std::function<void(presented_code&)>& edit) {
        presented_code shown = shown_of_some_code();
        edit(shown);
        return check_code(code, shown, all_stands());
    };
    BOOST_TEST((verdict([](presented_code&) {}) == code_verdict::good));
    const std::string padded = std::string(some_verifier) + "=", longest(129, 'a'), shorter(some_verifier.substr(1)),
                      other = "e" + std::string(some_verifier.substr(1));
    const std::function<void(presented_code&)> wrong[] = {
        [](presented_code& s) { s.client = {18}; },
        [](presented_code& s) { s.client = {}; },
        [](presented_code& s) { s.redirect_uri = "https://shop.example/cb/"; },
        [](presented_code& s) { s.redirect_uri = ""; },
        [](presented_code& s) { s.redirect_uri_sent = false; },
        [](presented_code& s) { s.code_verifier.reset(); },
        [](presented_code& s) { s.code_verifier = ""; },
        [](presented_code& s) { s.code_verifier = some_challenge; }, // as `plain` would have it
        [&](presented_code& s) { s.code_verifier = padded; },
        [&](presented_code& s) { s.code_verifier = longest; },
        [&](presented_code& s) { s.code_verifier = shorter; },
        [&](presented_code& s) { s.code_verifier = other; },
    };
    for (const auto& edit : wrong) {
        BOOST_TEST((verdict(edit) == code_verdict::mismatch));
    }
}

BOOST_AUTO_TEST_CASE(a_verifier_without_a_challenge_does_not_match) {
    authorization_code code = some_code();
    code.code_challenge.reset();
    presented_code shown = shown_of_some_code();
    BOOST_TEST((check_code(code, shown, all_stands()) == code_verdict::mismatch));
    shown.code_verifier.reset();
    BOOST_TEST((check_code(code, shown, all_stands()) == code_verdict::good));
}

BOOST_AUTO_TEST_CASE(a_redirect_uri_that_was_left_out_may_be_left_out_again) {
    authorization_code code = some_code();
    code.redirect_uri_given = false;
    presented_code shown = shown_of_some_code();
    BOOST_TEST((check_code(code, shown, all_stands()) == code_verdict::good));
    shown.redirect_uri = "https://shop.example/other";
    BOOST_TEST((check_code(code, shown, all_stands()) == code_verdict::mismatch));
    shown.redirect_uri_sent = false;
    shown.redirect_uri = {};
    BOOST_TEST((check_code(code, shown, all_stands()) == code_verdict::good));
}

BOOST_AUTO_TEST_CASE(a_verifier_may_have_43_to_128_characters) {
    authorization_code code = some_code();
    for (const std::size_t size : {42U, 43U, 128U, 129U}) {
        const std::string verifier = std::string(size - 4, 'v') + "-._~";
        code.code_challenge = sha256({reinterpret_cast<const std::uint8_t*>(verifier.data()), verifier.size()});
        presented_code shown = shown_of_some_code();
        shown.code_verifier = verifier;
        const bool good = check_code(code, shown, all_stands()) == code_verdict::good;
        BOOST_TEST(good == (size == 43 || size == 128), size);
    }
}

// The clock went back since.
BOOST_AUTO_TEST_CASE(a_code_of_a_time_to_come_is_stale) {
    const authorization_code code = some_code();
    const auto verdict_at = [&](timestamp now) {
        return check_code(code, shown_of_some_code(), {true, true, true, true, now});
    };
    BOOST_TEST((verdict_at(code.issued_at) == code_verdict::good));
    BOOST_TEST((verdict_at(code.issued_at - seconds(1)) == code_verdict::stale));
    BOOST_TEST((verdict_at(timestamp{}) == code_verdict::stale));
}

BOOST_AUTO_TEST_CASE(a_code_is_stale_once_anything_it_rests_on_is_gone) {
    const authorization_code code = some_code();
    presented_code wrong = shown_of_some_code();
    wrong.code_verifier.reset();
    for (unsigned bits = 0; bits < 32; ++bits) {
        const bool in_time = (bits & 16U) != 0;
        const code_surroundings now{(bits & 1U) != 0, (bits & 2U) != 0, (bits & 4U) != 0, (bits & 8U) != 0,
                                    in_time ? code.expires_at - seconds(1) : code.expires_at};
        const code_verdict expected = bits == 31 ? code_verdict::good : code_verdict::stale;
        BOOST_TEST((check_code(code, shown_of_some_code(), now) == expected), bits);
        BOOST_TEST((check_code(code, wrong, now) == code_verdict::mismatch), bits); // first of all, whatever is gone
    }
}

BOOST_AUTO_TEST_CASE(a_redirect_uri_is_known_again_by_its_hash) {
    BOOST_TEST((hash_of_redirect_uri(some_redirect_uri) == hash_of_redirect_uri(std::string(some_redirect_uri))));
    BOOST_TEST((hash_of_redirect_uri("") != hash_of_redirect_uri("a")));
    // BLAKE2b-128 of nothing, by another implementation.
    BOOST_TEST(int{hash_of_redirect_uri("")[0]} == 0xCA);
    BOOST_TEST(int{hash_of_redirect_uri("")[15]} == 0x70);
}

BOOST_AUTO_TEST_SUITE_END()
