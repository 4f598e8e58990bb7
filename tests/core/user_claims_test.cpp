// What tokens say of their user, and what becomes of a token whose sub is a name.
#include "core/jwt/compact_jws.hpp"
#include "core/service/user_claims.hpp"
#include "core/text/encoding.hpp"
#include "tests/support/service_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace pawl;
using namespace pawl::test;

namespace {

struct claims_world : service_world {
    claims_world() : owner(add_user("alice@example.org", "alice")) {}
    std::string payload_of(const std::string& token) const {
        const std::string_view part = split_compact(token).value().payload;
        std::string out(part.size(), '\0');
        const auto size = base64url_decode_prefix(part, {reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
        out.resize(size.value());
        return out;
    }
    bool says(const std::string& token, std::string_view member) const {
        return payload_of(token).find(member) != std::string::npos;
    }
    void rename(const std::string& to) {
        user u = *data.find_user(owner);
        ++u.version;
        u.username = to;
        BOOST_TEST_REQUIRE(data.replace_user(u).has_value());
    }
    // So many that they don't fit into a token.
    void give_many_roles() {
        std::vector<std::string> roles;
        for (int i = 0; i < 64; ++i) {
            roles.push_back(std::to_string(i) + std::string(100, 'r'));
        }
        run(accounts.set_roles(owner, roles)).value();
    }
    user_id owner;
};

} // namespace

BOOST_AUTO_TEST_SUITE(user_claims_)

BOOST_FIXTURE_TEST_CASE(a_token_says_of_its_user_what_is_wanted_and_nothing_else, claims_world) {
    run(accounts.set_roles(owner, {"editor", "a \"quoted\" one"})).value();
    BOOST_TEST(!says(log_in("alice").value().access_token, "alice"));
    settings.tokens.email = settings.tokens.email_verified = settings.tokens.roles = true;
    const issued_tokens tokens = log_in("alice").value();
    BOOST_TEST(says(tokens.access_token, R"("email":"alice@example.org")"));
    BOOST_TEST(says(tokens.access_token, R"("email_verified":false)"));
    BOOST_TEST(says(tokens.access_token, R"("roles":["editor","a \"quoted\" one"])"));
    BOOST_TEST(!says(tokens.access_token, "username"));
    BOOST_TEST(!says(tokens.access_token, "is_superuser"));
    BOOST_TEST(authenticate(tokens).has_value());
    settings.tokens.username = settings.tokens.is_superuser = true;
    const issued_tokens all = log_in("alice").value();
    BOOST_TEST(says(all.access_token, R"("username":"alice")"));
    BOOST_TEST(says(all.access_token, R"("is_superuser":false)"));
}

BOOST_FIXTURE_TEST_CASE(a_refresh_and_a_replay_say_what_is_so_by_then, claims_world) {
    settings.tokens.roles = true;
    const issued_tokens tokens = log_in("alice").value();
    BOOST_TEST(says(tokens.access_token, R"("roles":[])"));
    run(accounts.set_roles(owner, {"editor"})).value();
    BOOST_TEST(says(refresh(tokens.refresh_token).value().tokens.access_token, R"("roles":["editor"])"));
    run(accounts.set_roles(owner, {"reader"})).value();
    const refreshed again = refresh(tokens.refresh_token).value();
    BOOST_TEST((again.kind == refresh_kind::replayed));
    BOOST_TEST(says(again.tokens.access_token, R"("roles":["reader"])"));
}

BOOST_FIXTURE_TEST_CASE(a_token_by_name_is_refused_once_the_name_is_another, claims_world) {
    settings.tokens.subject = subject_kind::username;
    const issued_tokens tokens = log_in("alice").value();
    BOOST_TEST(says(tokens.access_token, R"("sub":"alice")"));
    BOOST_TEST((authenticate(tokens).value().user->id == owner));
    rename("alicia");
    BOOST_TEST((authenticate(tokens).error().code == errc::invalid_access_token));
    // Not even where another account has it by now: the session is found by sid.
    add_user("mallory@example.org", "alice");
    BOOST_TEST((authenticate(tokens).error().code == errc::invalid_access_token));
    const issued_tokens next = refresh(tokens.refresh_token).value().tokens;
    BOOST_TEST(says(next.access_token, R"("sub":"alicia")"));
    BOOST_TEST((authenticate(next).value().user->id == owner));
}

BOOST_FIXTURE_TEST_CASE(a_token_by_email_names_the_email, claims_world) {
    settings.tokens.subject = subject_kind::email;
    const issued_tokens tokens = log_in("alice").value();
    BOOST_TEST(says(tokens.access_token, R"("sub":"alice@example.org")"));
    BOOST_TEST((authenticate(tokens).value().user->id == owner));
    BOOST_TEST((authenticate(tokens).value().user->id == owner)); // once more, from memory
}

BOOST_FIXTURE_TEST_CASE(a_token_of_another_kind_of_subject_is_refused, claims_world) {
    const issued_tokens by_id = log_in("alice").value();
    settings.tokens.subject = subject_kind::username;
    const issued_tokens by_name = log_in("alice").value();
    access_guard by_name_guard(context);
    BOOST_TEST(!run(by_name_guard.authenticate(by_id.access_token)).has_value());
    settings.tokens.subject = subject_kind::id;
    access_guard by_id_guard(context);
    BOOST_TEST(!run(by_id_guard.authenticate(by_name.access_token)).has_value());
    BOOST_TEST(run(by_id_guard.authenticate(by_id.access_token)).has_value());
}

BOOST_FIXTURE_TEST_CASE(without_an_audience_only_tokens_without_aud_are_taken, claims_world) {
    const issued_tokens before = log_in("alice").value();
    settings.audience.clear();
    const issued_tokens tokens = log_in("alice").value();
    BOOST_TEST(!says(tokens.access_token, "aud"));
    BOOST_TEST(authenticate(tokens).has_value());
    BOOST_TEST((authenticate(before).error().code == errc::invalid_access_token));
    settings.audience = "https://issuer.example";
    BOOST_TEST((authenticate(tokens).error().code == errc::invalid_access_token));
}

BOOST_FIXTURE_TEST_CASE(plain_types_are_taken_where_they_are_made_and_nowhere_else, claims_world) {
    const issued_tokens usual = log_in("alice").value();
    settings.tokens.type = token_type::jwt;
    const issued_tokens plain = log_in("alice").value();
    BOOST_TEST(authenticate(plain).has_value());
    BOOST_TEST(authenticate(usual).has_value()); // made before the switch
    settings.tokens.type = token_type::at_jwt;
    access_guard unknowing(context);
    BOOST_TEST(!run(unknowing.authenticate(plain.access_token)).has_value());
}

BOOST_FIXTURE_TEST_CASE(claims_that_do_not_fit_refuse_login_and_refresh_and_change_nothing, claims_world) {
    settings.tokens.roles = true;
    const issued_tokens tokens = log_in("alice").value();
    give_many_roles();
    BOOST_TEST((log_in("alice").error().code == errc::claims_too_large));
    const family_word before = word_of(family_of(tokens));
    BOOST_TEST((refresh(tokens.refresh_token).error().code == errc::claims_too_large));
    BOOST_TEST((word_of(family_of(tokens)).generation() == before.generation()));
    run(accounts.set_roles(owner, {})).value();
    BOOST_TEST((refresh(tokens.refresh_token).value().kind == refresh_kind::rotated));
}

// The most claims that are let through make a token that we read ourselves, whatever the key.
BOOST_FIXTURE_TEST_CASE(the_largest_claims_make_a_token_that_is_taken, claims_world) {
    settings.tokens.roles = true;
    std::string filler;
    for (std::size_t size = 3000; size < token_claims_size_max; ++size) {
        user u = *data.find_user(owner);
        u.roles = {std::string(size, 'r')};
        if (!claims_of(settings, u)) {
            break;
        }
        filler = u.roles.front();
    }
    BOOST_TEST_REQUIRE(filler.size() > 3500U);
    run(accounts.set_roles(owner, {filler})).value();
    const issued_tokens tokens = log_in("alice").value();
    BOOST_TEST(tokens.access_token.size() <= compact_jws_size_max);
    BOOST_TEST(payload_of(tokens.access_token).size() <= token_claims_size_max);
    BOOST_TEST(authenticate(tokens).has_value());
}

BOOST_FIXTURE_TEST_CASE(as_many_roles_as_there_may_be_make_a_token_that_is_taken, claims_world) {
    settings.tokens.roles = settings.tokens.email = settings.tokens.username = true;
    std::vector<std::string> roles;
    for (std::size_t i = 0; i < roles_max; ++i) {
        roles.push_back("role" + std::to_string(i));
    }
    run(accounts.set_roles(owner, roles)).value();
    BOOST_TEST(authenticate(log_in("alice").value()).has_value());
}

BOOST_FIXTURE_TEST_CASE(closed_sign_up_takes_nobody_but_operators_make_accounts, claims_world) {
    settings.sign_up.mode = sign_up_mode::closed;
    sign_up_request request;
    request.email = "bob@example.org";
    request.password = secret(password);
    BOOST_TEST((run(accounts.sign_up(std::move(request), from_host(1))).error().code == errc::sign_up_closed));
    BOOST_TEST(data.find_user_by_login("bob@example.org") == nullptr);
    new_user wanted;
    wanted.email = "bob@example.org";
    wanted.password.emplace(password);
    BOOST_TEST(run(admin.create_user(operator_caller{}, std::move(wanted))).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
