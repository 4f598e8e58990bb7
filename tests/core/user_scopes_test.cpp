#include "core/service/user_scopes.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace pawl;

namespace {

// orders:read for all; orders:write for clerks and heads; pay for heads.
catalogue some_catalogue() {
    catalogue all;
    const auto add = [&](std::uint16_t number, std::string name, std::vector<std::string> roles) {
        auto s = std::make_shared<scope>();
        s->number.value = number;
        s->name = std::move(name);
        s->roles = std::move(roles);
        all.scopes.push_back(std::move(s));
    };
    add(20, "orders:read", {});
    add(255, "orders:write", {"clerk", "head"});
    add(16, "pay", {"head"});
    return all;
}

const std::vector<std::string> nothing, clerk{"other", "clerk"}, head{"head"};

// The names, or "invalid_scope".
std::string at_login(const std::vector<std::string>& roles, const std::optional<std::string>& asked) {
    const catalogue all = some_catalogue();
    const result<scope_set> granted = scopes_of_login(all, roles, asked);
    return granted ? scope_text(all, *granted) : "invalid_scope";
}
std::string at_refresh(const std::vector<std::string>& roles, const std::vector<std::uint16_t>& held,
                       const std::optional<std::string>& asked) {
    const catalogue all = some_catalogue();
    scope_set set;
    for (const std::uint16_t number : held) {
        set.insert(number);
    }
    const result<scope_set> granted = scopes_of_refresh(all, roles, set, asked);
    return granted ? scope_text(all, *granted) : "invalid_scope";
}

} // namespace

BOOST_AUTO_TEST_SUITE(user_scopes)

BOOST_AUTO_TEST_CASE(a_login_that_asks_for_nothing_has_all_that_its_roles_allow) {
    BOOST_TEST(at_login(nothing, std::nullopt) == "orders:read");
    BOOST_TEST(at_login(nothing, "") == "orders:read"); // FastAPI's form always has it
    BOOST_TEST(at_login(clerk, std::nullopt) == "orders:read orders:write");
    BOOST_TEST(at_login(head, std::nullopt) == "orders:read orders:write pay");
}

BOOST_AUTO_TEST_CASE(a_login_has_of_what_it_asks_for_what_its_roles_allow) {
    BOOST_TEST(at_login(head, "pay") == "pay");
    BOOST_TEST(at_login(head, "pay orders:read pay") == "orders:read pay");
    BOOST_TEST(at_login(clerk, "pay orders:write") == "orders:write");
    BOOST_TEST(at_login(clerk, "pay") == "invalid_scope");
    BOOST_TEST(at_login(head, "pay colour") == "pay"); // OIDC Core 3.1.2.1: what is unknown is ignored
    BOOST_TEST(at_login(head, "colour") == "invalid_scope");
    BOOST_TEST(at_login(head, "pay  orders:read") == "invalid_scope");
    BOOST_TEST(at_login(head, "pay\"") == "invalid_scope");
}

BOOST_AUTO_TEST_CASE(a_refresh_has_what_was_granted_as_far_as_the_roles_still_allow_it) {
    BOOST_TEST(at_refresh(head, {16, 20}, std::nullopt) == "orders:read pay");
    BOOST_TEST(at_refresh(clerk, {16, 20}, std::nullopt) == "orders:read");
    BOOST_TEST(at_refresh(head, {20}, std::nullopt) == "orders:read"); // a role that came later gives it nothing
    BOOST_TEST(at_refresh(head, {16, 20, 99}, std::nullopt) == "orders:read pay");
    BOOST_TEST(at_refresh(clerk, {16}, std::nullopt).empty());
}

BOOST_AUTO_TEST_CASE(a_refresh_may_ask_for_less_and_never_for_more) {
    BOOST_TEST(at_refresh(head, {16, 20}, "pay") == "pay");
    BOOST_TEST(at_refresh(head, {20}, "pay") == "invalid_scope");
    BOOST_TEST(at_refresh(head, {16, 20}, "pay orders:write") == "invalid_scope");
    BOOST_TEST(at_refresh(head, {16, 20}, "colour") == "invalid_scope");
    BOOST_TEST(at_refresh(clerk, {16, 20}, "pay").empty()); // granted once, and taken away since
}

BOOST_AUTO_TEST_SUITE_END()
