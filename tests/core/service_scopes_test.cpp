// Scopes of first-party logins, from the login to the last refresh.
#include "core/jwt/compact_jws.hpp"
#include "core/text/encoding.hpp"
#include "tests/support/service_world.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

struct scopes_world : service_world {
    scopes_world() : owner(add_user("ada@example.org", "ada")) {}

    void define(const std::string& name, std::vector<std::string> roles) {
        scope s;
        s.name = name;
        s.roles = std::move(roles);
        entities.put_scope(s).value();
    }
    void define_orders() {
        define("orders:read", {});
        define("orders:write", {"clerk"});
        give({"clerk"});
    }
    void give(std::vector<std::string> roles) { run(accounts.set_roles(owner, std::move(roles))).value(); }
    result<issued_tokens> ask(std::optional<std::string> scope) {
        return run(sessions.login("ada", secret(password), {first_party(), from_host(1), std::move(scope)}));
    }
    result<refreshed> ask_again(const issued_tokens& tokens, std::optional<std::string> scope) {
        return run(sessions.refresh(tokens.refresh_token, first_party(), from_host(1), std::move(scope)));
    }
    static std::string payload_of(const std::string& token) {
        const std::string_view part = split_compact(token).value().payload;
        std::string out(part.size(), '\0');
        const auto size = base64url_decode_prefix(part, {reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
        out.resize(size.value());
        return out;
    }
    static bool has_claim(const issued_tokens& tokens) {
        return payload_of(tokens.access_token).find("\"scope\"") != std::string::npos;
    }
    user_id owner;
};

} // namespace

BOOST_AUTO_TEST_SUITE(service_scopes)

BOOST_FIXTURE_TEST_CASE(where_none_is_defined_a_login_is_as_it_was_whatever_it_asks_for, scopes_world) {
    const issued_tokens tokens = ask("orders:read nonsense \"").value();
    BOOST_TEST(tokens.scope.empty());
    BOOST_TEST(!has_claim(tokens));
    BOOST_TEST((data.find_family(family_of(tokens))->facts.grant == family_grant{}));
    BOOST_TEST(ask_again(tokens, "orders:read").value().tokens.scope.empty());
}

BOOST_FIXTURE_TEST_CASE(a_login_has_what_the_roles_allow_and_its_token_says_so, scopes_world) {
    define_orders();
    const issued_tokens all = ask(std::nullopt).value();
    BOOST_TEST(all.scope == "orders:read orders:write");
    BOOST_TEST(payload_of(all.access_token).find(R"("scope":"orders:read orders:write")") != std::string::npos);
    BOOST_TEST(authenticate(all).has_value());
    BOOST_TEST(ask("orders:write").value().scope == "orders:write");
    give({});
    BOOST_TEST(ask("").value().scope == "orders:read");
    BOOST_TEST((ask("orders:write").error().code == errc::invalid_scope));
}

BOOST_FIXTURE_TEST_CASE(a_refused_scope_opens_no_session_and_ends_none, scopes_world) {
    define_orders();
    const issued_tokens tokens = ask("orders:read").value();
    const std::size_t before = data.count_alive(owner, time.now());
    BOOST_TEST((ask("colour").error().code == errc::invalid_scope));
    BOOST_TEST(data.count_alive(owner, time.now()) == before);
    BOOST_TEST((ask_again(tokens, "orders:write").error().code == errc::invalid_scope));
    BOOST_TEST((ask_again(tokens, "orders:read colour").error().code == errc::invalid_scope));
    BOOST_TEST(ask_again(tokens, std::nullopt).value().tokens.scope == "orders:read"); // it was not rotated
}

BOOST_FIXTURE_TEST_CASE(a_refresh_narrows_its_access_token_and_not_the_session, scopes_world) {
    define_orders();
    const issued_tokens tokens = ask(std::nullopt).value();
    time.advance(seconds(60));
    const issued_tokens narrowed = ask_again(tokens, "orders:read").value().tokens;
    BOOST_TEST(narrowed.scope == "orders:read");
    time.advance(seconds(60));
    BOOST_TEST(ask_again(narrowed, std::nullopt).value().tokens.scope == "orders:read orders:write");
}

BOOST_FIXTURE_TEST_CASE(what_is_taken_away_is_gone_with_the_next_access_token_and_comes_back_with_the_role,
                        scopes_world) {
    define_orders();
    issued_tokens tokens = ask(std::nullopt).value();
    const auto next = [&] {
        time.advance(seconds(60));
        tokens = ask_again(tokens, std::nullopt).value().tokens;
        return tokens.scope;
    };
    give({});
    BOOST_TEST(next() == "orders:read");
    give({"clerk"});
    BOOST_TEST(next() == "orders:read orders:write");
    define("orders:delete", {});
    BOOST_TEST(next() == "orders:read orders:write"); // it was not granted
    scope gone = *entities.find_catalogue()->find_scope("orders:write");
    ++gone.version;
    gone.removed = true;
    entities.put_scope(gone).value();
    BOOST_TEST(next() == "orders:read");
}

BOOST_AUTO_TEST_SUITE_END()
