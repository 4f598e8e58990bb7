#include "core/account/link.hpp"
#include "core/capsule/body.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

using namespace pawl;
using test::seeded_random;

namespace pawl {
static std::ostream& operator<<(std::ostream& out, link_decision d) {
    constexpr const char* names[] = {"good", "link_invalid", "link_expired", "link_used", "already_done"};
    return out << names[static_cast<std::size_t>(d)];
}
} // namespace pawl

namespace {

using enum link_purpose;
using enum link_decision;
constexpr link_purpose all_purposes[] = {verify_email, reset_password, change_email, undo_email, sign_up, invite};
constexpr std::uint64_t mark = 11;
const timestamp start{seconds(1'800'000'000)};

capsule_ring ring_of(std::initializer_list<std::uint8_t> ids) {
    std::vector<capsule_key> keys;
    for (const std::uint8_t id : ids) {
        keys.push_back({id, secret_bytes(capsule_key_size, id)});
    }
    return capsule_ring(std::move(keys));
}

user alice() {
    user u;
    u.id = user_id{7};
    u.email = "alice@example.org";
    u.username = "alice";
    u.password_hash = "$argon2id$one";
    u.undo_floor = start - seconds(1);
    return u;
}

std::string_view address_of(link_purpose purpose) {
    return purpose == change_email || purpose == undo_email || purpose == sign_up ? "other@example.org" : "";
}

struct fixture {
    capsule_ring ring = ring_of({3});
    seeded_random random{1};

    std::string link(link_purpose purpose, const user& u) {
        const auto text = seal_link(ring, purpose, purpose == sign_up ? nullptr : &u, start, life_of(purpose),
                                    address_of(purpose), mark, random);
        BOOST_REQUIRE(text);
        return std::string(text->reveal());
    }
    link_decision decide(const std::string& text, link_purpose wanted, const user* u, timestamp now) {
        const auto shown = open_link(ring, text, mark);
        BOOST_REQUIRE(shown);
        return decide_link(ring, *shown, wanted, u, now);
    }
};

// What may change about a user, and the purposes whose links die of it.
struct change {
    const char* what;
    std::function<void(user&)> make;
    std::vector<link_purpose> kills;
};
const std::vector<change> changes = {
    {"the address", [](user& u) { u.email = "new@example.org"; }, {verify_email, reset_password, change_email, invite}},
    {"the password", [](user& u) { u.password_hash = "$argon2id$two"; }, {reset_password, invite}},
    {"the epoch", [](user& u) { u.gate.raise_epoch(); }, {reset_password, change_email, invite}},
    {"the factor epoch", [](user& u) { ++u.factor_epoch; }, {reset_password}},
    {"whether it is enabled", [](user& u) { u.gate.enabled = !u.gate.enabled; }, {invite}},
    {"the floor of undoing", [](user& u) { u.undo_floor = start; }, {undo_email}},
    {"the name",
     [](user& u) {
         u.username = "alicia";
         u.first_name = "A";
         u.surname = "B";
     },
     {}},
    {"the version", [](user& u) { ++u.version; }, {}},
    {"roles and attributes",
     [](user& u) {
         u.roles = {"x"};
         u.attributes = "{}";
         u.is_superuser = true;
     },
     {}},
    {"the locale", [](user& u) { u.locale = "de"; }, {}},
    {"the account, which was removed",
     [](user& u) { u.deleted = true; },
     {verify_email, reset_password, change_email, undo_email, invite}},
    {"the id", [](user& u) { u.id = user_id{8}; }, {verify_email, reset_password, change_email, undo_email, invite}},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(link, fixture)

BOOST_AUTO_TEST_CASE(a_link_says_again_what_it_was_made_of) {
    const user u = alice();
    for (const link_purpose purpose : all_purposes) {
        const std::string text = link(purpose, u);
        BOOST_TEST(text.starts_with("pml_"));
        const auto shown = open_link(ring, text, mark);
        BOOST_REQUIRE(shown);
        BOOST_TEST(shown->key_id == 3);
        BOOST_TEST((shown->link.purpose == purpose));
        BOOST_TEST((shown->link.issued == start));
        BOOST_TEST((shown->link.life == life_of(purpose)));
        BOOST_TEST(shown->link.user.value == (purpose == sign_up ? 0U : 7U));
        BOOST_TEST(shown->link.address == address_of(purpose));
    }
}

BOOST_AUTO_TEST_CASE(the_longest_address_fits_into_a_target) {
    const std::string longest(email_size_max, 'a');
    const auto text = seal_link(ring, change_email, &static_cast<const user&>(alice()), start, life_of(change_email),
                                longest, mark, random);
    BOOST_REQUIRE(text);
    BOOST_TEST(text->reveal().size() <= 700U);
    BOOST_TEST(!seal_link(ring, sign_up, nullptr, start, life_of(sign_up), longest + "a", mark, random));
}

BOOST_AUTO_TEST_CASE(a_link_of_another_ring_history_or_kind_is_not_ours) {
    const std::string text = link(reset_password, alice());
    BOOST_TEST(!open_link(ring_of({4}), text, mark));
    BOOST_TEST(!open_link(ring, text, mark + 1));
    BOOST_TEST(!open_link(ring, "pfl_" + text.substr(4), mark));
    BOOST_TEST(!open_link(ring, text + "A", mark));
    BOOST_TEST(!open_link(ring, "", mark));
}

BOOST_AUTO_TEST_CASE(every_character_of_a_link_counts) {
    const std::string text = link(undo_email, alice());
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const char other : {'A', 'b', '-', '='}) {
            std::string changed = text;
            changed[i] = other;
            if (changed != text && open_link(ring, changed, mark)) {
                BOOST_ERROR("a link with another character at " << i << " opens");
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(each_part_of_a_user_kills_the_links_that_rest_on_it_and_no_other) {
    for (const link_purpose purpose : all_purposes) {
        const std::string text = link(purpose, alice());
        const user same = alice();
        BOOST_TEST(decide(text, purpose, &same, start) == good);
        for (const change& c : changes) {
            user u = alice();
            c.make(u);
            const bool killed = std::ranges::find(c.kills, purpose) != c.kills.end();
            BOOST_TEST_CONTEXT("purpose " << int(purpose) << ", changed is " << c.what) {
                BOOST_TEST(decide(text, purpose, &u, start) == (killed ? link_used : good));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(links_of_a_user_who_is_gone_are_used) {
    for (const link_purpose purpose : all_purposes) {
        BOOST_TEST(decide(link(purpose, alice()), purpose, nullptr, start) == (purpose == sign_up ? good : link_used));
    }
}

BOOST_AUTO_TEST_CASE(a_link_is_good_from_its_issue_to_the_second_before_its_end) {
    const user u = alice();
    for (const link_purpose purpose : all_purposes) {
        const std::string text = link(purpose, u);
        BOOST_TEST(decide(text, purpose, &u, start) == good);
        BOOST_TEST(decide(text, purpose, &u, start + life_of(purpose) - seconds(1)) == good);
        BOOST_TEST(decide(text, purpose, &u, start + life_of(purpose)) == link_expired);
        BOOST_TEST(decide(text, purpose, &u, start - link_in_future_max) == good);
        BOOST_TEST(decide(text, purpose, &u, start - link_in_future_max - seconds(1)) == link_expired);
    }
}

BOOST_AUTO_TEST_CASE(a_link_does_only_what_it_is_for) {
    const user u = alice();
    for (const link_purpose purpose : all_purposes) {
        for (const link_purpose wanted : all_purposes) {
            BOOST_TEST(decide(link(purpose, u), wanted, &u, start) == (wanted == purpose ? good : link_invalid));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_used_link_says_so_when_it_is_too_old_as_well) {
    user u = alice();
    const std::string text = link(reset_password, u);
    u.password_hash = "$argon2id$two";
    BOOST_TEST(decide(text, reset_password, &u, start + life_of(reset_password)) == link_used);
}

BOOST_AUTO_TEST_CASE(a_verified_address_is_done_however_late_and_only_that_address) {
    user u = alice();
    const std::string text = link(verify_email, u);
    u.email_verified = true;
    BOOST_TEST(decide(text, verify_email, &u, start) == already_done);
    BOOST_TEST(decide(text, verify_email, &u, start + seconds(400 * 86400)) == already_done);
    u.email = "new@example.org";
    BOOST_TEST(decide(text, verify_email, &u, start) == link_used);
}

BOOST_AUTO_TEST_CASE(an_undo_is_good_whatever_the_thief_changes_next) {
    user u = alice();
    const std::string text = link(undo_email, u);
    u.email = "thief@example.org";
    u.password_hash = "$argon2id$thief";
    u.gate.raise_epoch();
    ++u.factor_epoch;
    u.email_verified = true;
    BOOST_TEST(decide(text, undo_email, &u, start) == good);
    u.undo_floor = start - seconds(1);
    BOOST_TEST(decide(text, undo_email, &u, start) == good);
    u.undo_floor = start;
    BOOST_TEST(decide(text, undo_email, &u, start) == link_used);
}

BOOST_AUTO_TEST_CASE(a_state_is_looked_at_under_the_key_that_sealed_the_link) {
    const user u = alice();
    const std::string text = link(reset_password, u);
    const capsule_ring rotated = ring_of({3, 4});
    const auto shown = open_link(rotated, text, mark);
    BOOST_REQUIRE(shown);
    BOOST_TEST(decide_link(rotated, *shown, reset_password, &u, start) == good);
    BOOST_TEST(!bound_state_hash(rotated, 9, reset_password, u));
    const auto one = bound_state_hash(rotated, 3, reset_password, u),
               other = bound_state_hash(rotated, 4, reset_password, u);
    BOOST_TEST((one && other && *one != *other));
}

BOOST_AUTO_TEST_CASE(states_of_two_users_or_purposes_are_no_same_bytes) {
    const user u = alice();
    user moved = alice(); // the same bytes in a row, cut at another place
    moved.password_hash = "$argon2id$on";
    moved.email = "ealice@example.org";
    BOOST_TEST((state_tag(reset_password, u) != state_tag(reset_password, moved)));
    BOOST_TEST((state_tag(verify_email, u) != state_tag(change_email, u)));
    BOOST_TEST((state_tag(verify_email, u) == state_tag(verify_email, alice())));
}

BOOST_AUTO_TEST_CASE(a_body_that_no_link_has_is_not_ours) {
    const auto sealed = [&](std::uint64_t version, std::uint64_t purpose, std::uint64_t life, std::uint64_t who,
                            const std::string& address) {
        body_writer out;
        out.number(version, 1);
        out.number(purpose, 1);
        out.date(start);
        out.number(life, 4);
        out.number(who, 8);
        out.bytes(link_state{});
        out.rest(address);
        return std::string(ring.seal(capsule_kind::mail_link, out.body(), mark_bytes(mark), random).reveal());
    };
    const std::string a = "a@example.org";
    BOOST_TEST(open_link(ring, sealed(1, 2, 60, 7, ""), mark).has_value());
    BOOST_TEST(!open_link(ring, sealed(0, 2, 60, 7, ""), mark)); // version
    BOOST_TEST(!open_link(ring, sealed(2, 2, 60, 7, ""), mark));
    BOOST_TEST(!open_link(ring, sealed(1, 0, 60, 7, ""), mark)); // purpose
    BOOST_TEST(!open_link(ring, sealed(1, 7, 60, 7, a), mark));
    BOOST_TEST(!open_link(ring, sealed(1, 2, 0, 7, ""), mark)); // life
    BOOST_TEST(!open_link(ring, sealed(1, 2, 30 * 86400 + 1, 7, ""), mark));
    BOOST_TEST(!open_link(ring, sealed(1, 2, 60, 0, ""), mark)); // a reset is of a user
    BOOST_TEST(!open_link(ring, sealed(1, 5, 60, 7, a), mark));  // a sign-up is of none
    BOOST_TEST(!open_link(ring, sealed(1, 2, 60, 7, a), mark));  // a reset has no address
    BOOST_TEST(!open_link(ring, sealed(1, 3, 60, 7, ""), mark)); // a change of address has one
    BOOST_TEST(!open_link(ring, sealed(1, 3, 60, 7, std::string(255, 'a')), mark));
}

BOOST_AUTO_TEST_SUITE_END()
