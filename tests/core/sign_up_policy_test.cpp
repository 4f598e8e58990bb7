// Who may sign up, over every policy, way and domain; and who is let in.
#include "core/account/sign_up_policy.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace pawl;

namespace {

using enum sign_up_decision;

constexpr sign_up_mode modes[] = {sign_up_mode::open, sign_up_mode::confirm, sign_up_mode::approve,
                                  sign_up_mode::invite, sign_up_mode::closed};
static_assert(std::size(modes) == static_cast<std::size_t>(last_sign_up_mode) + 1);

sign_up_policy policy_of(sign_up_mode mode, const std::vector<std::string>& domains = {}) {
    sign_up_policy out;
    out.mode = mode;
    for (const std::string& text : domains) {
        out.domains.push_back(sign_up_domain_from_text(text).value());
    }
    return out;
}

// By mode: what becomes of a password, of an address alone, of a link.
struct row {
    sign_up_mode mode;
    sign_up_decision by_password, by_address, by_link;
};
constexpr row table[] = {
    {sign_up_mode::open, make, password_too, make},
    {sign_up_mode::confirm, address_alone, send_link, make},
    {sign_up_mode::approve, make_pending, password_too, make_pending},
    {sign_up_mode::invite, sign_up_closed, sign_up_closed, sign_up_closed},
    {sign_up_mode::closed, sign_up_closed, sign_up_closed, sign_up_closed},
};

bool goes_on(sign_up_decision d) {
    return d == make || d == make_pending || d == send_link;
}

user user_who(bool pending, bool enabled, bool has_password, bool deleted, bool verified) {
    user u;
    u.pending_approval = pending;
    u.gate.enabled = enabled;
    u.password_hash = has_password ? "hash" : "";
    u.deleted = deleted;
    u.email_verified = verified;
    return u;
}

} // namespace

BOOST_AUTO_TEST_SUITE(sign_up_policies)

BOOST_AUTO_TEST_CASE(every_policy_decides_every_way_and_domain) {
    static_assert(std::size(table) == std::size(modes));
    for (const row& r : table) {
        const std::pair<sign_up_way, sign_up_decision> expected[] = {{sign_up_way::password, r.by_password},
                                                                     {sign_up_way::address, r.by_address},
                                                                     {sign_up_way::link, r.by_link}};
        for (const auto& [way, decision] : expected) {
            BOOST_TEST_CONTEXT(to_text(r.mode) << ", way " << static_cast<int>(way)) {
                BOOST_TEST((decide_sign_up(policy_of(r.mode), way, "a@example.org") == decision));
                const sign_up_policy named = policy_of(r.mode, {"example.org", "*.example.net"});
                BOOST_TEST((decide_sign_up(named, way, "a@example.org") == decision));
                const sign_up_decision of_others = goes_on(decision) ? domain_not_allowed : decision;
                BOOST_TEST((decide_sign_up(named, way, "a@example.com") == of_others));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_domain_is_itself_alone_or_all_that_is_below_it) {
    const sign_up_policy exact = policy_of(sign_up_mode::open, {"Example.ORG"});
    const sign_up_policy below = policy_of(sign_up_mode::open, {"*.example.org"});
    const struct {
        const char* email;
        bool of_exact, of_below;
    } cases[] = {
        {"a@example.org", true, false},         {"A@EXAMPLE.org", true, false},
        {"a@www.example.org", false, true},     {"a@b.www.example.org", false, true},
        {"a@badexample.org", false, false},     {"a@example.org.evil", false, false},
        {"a@evil-example.org", false, false},   {"a@org", false, false},
        {"example.org@evil.com", false, false}, {"a@.example.org", false, false},
        {"a@example.orgs", false, false},       {"a@WWW.Example.Org", false, true},
    };
    for (const auto& c : cases) {
        if (std::string(c.email) == "a@.example.org") {
            continue; // no address is so: check_email() refuses it
        }
        BOOST_TEST_CONTEXT(c.email) {
            BOOST_TEST(is_of_allowed_domain(exact, c.email) == c.of_exact);
            BOOST_TEST(is_of_allowed_domain(below, c.email) == c.of_below);
            BOOST_TEST(is_of_allowed_domain(policy_of(sign_up_mode::open), c.email));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_domain_that_no_address_can_have_is_none) {
    for (const char* text : {"", "*", "*.", "*.*.example.org", "a@example.org", "example..org", ".example.org",
                             "ex ample.org", "exa\r\nmple.org", "b\xC3\xBC.example", "-example.org", "www.*.org"}) {
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(!sign_up_domain_from_text(text));
        }
    }
    BOOST_TEST((sign_up_domain_from_text("*.Example.org") == sign_up_domain{"example.org", true}));
    BOOST_TEST((sign_up_domain_from_text("xn--bcher-kva.example") == sign_up_domain{"xn--bcher-kva.example", false}));
}

BOOST_AUTO_TEST_CASE(every_mode_has_a_word) {
    for (const sign_up_mode mode : modes) {
        BOOST_TEST((sign_up_mode_from_text(to_text(mode)) == mode));
    }
    BOOST_TEST(!sign_up_mode_from_text("ajar"));
}

BOOST_AUTO_TEST_CASE(an_account_waits_only_with_a_password_and_not_enabled) {
    for (unsigned bits = 0; bits < 32; ++bits) {
        const bool pending = (bits & 1U) != 0, enabled = (bits & 2U) != 0, has_password = (bits & 4U) != 0,
                   deleted = (bits & 8U) != 0, verified = (bits & 16U) != 0;
        const user u = user_who(pending, enabled, has_password, deleted, verified);
        const bool waits = pending && !enabled && has_password && !deleted;
        BOOST_TEST(awaits_approval(u) == waits);
        sign_up_policy policy;
        BOOST_TEST((admission_of(u, policy) == (waits ? admission::approval_pending : admission::granted)));
        policy.wants_verified_email = true;
        const admission otherwise = verified ? admission::granted : admission::email_not_verified;
        BOOST_TEST((admission_of(u, policy) == (waits ? admission::approval_pending : otherwise)));
    }
}

BOOST_AUTO_TEST_SUITE_END()
