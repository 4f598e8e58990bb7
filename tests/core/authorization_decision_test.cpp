// What comes next for a request, as a table; and what holds in every situation that there is.
#include "tests/support/authorization_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;

namespace {

using kind = authorization_step::kind;

constexpr std::uint8_t login = 1, ask_consent = 2, select_account = 4, quiet = 8;
constexpr timestamp now = asked_at + seconds(30);

scope_set set_of(const std::vector<std::size_t>& numbers) {
    scope_set out;
    for (const std::size_t number : numbers) {
        out.insert(number);
    }
    return out;
}
constexpr std::size_t openid = 0, offline_access = 5, admin = 8;

authorization_request some_request() {
    return std::get<authorization_request>(read(good_parameters()));
}

std::optional<signed_in> someone(timestamp auth_time, std::uint64_t id = 42) {
    return signed_in{some_user(id), id_of(0x51), auth_time, 1};
}
constexpr timestamp long_ago = asked_at - seconds(3600), before = asked_at - seconds(1);

consent consent_to(const std::vector<std::size_t>& numbers, std::uint32_t era = 9) {
    consent c;
    c.user = {42};
    c.client = {17};
    c.version = 20;
    c.era = era;
    c.scopes = set_of(numbers);
    return c;
}

// One situation. As it is: signed in a while ago, everything allowed before, nothing special asked.
struct situation {
    authorization_request asked = some_request();
    client who = shop_client();
    std::optional<signed_in> browser = someone(long_ago);
    std::optional<consent> consented = consent_to({openid, orders_read});
    authorization_progress progress;

    authorization_step decide() const {
        return decide_authorization(asked, who, shop_catalogue(), browser, consented ? &*consented : nullptr, progress,
                                    now);
    }
};

std::string text_of(const authorization_step& step) {
    switch (step.what) {
    case kind::sign_in:
        return "sign_in";
    case kind::select_account:
        return "select_account";
    case kind::consent:
        return "consent";
    case kind::grant:
        return "grant";
    case kind::refuse:
        break;
    }
    return step.refusal.error;
}

struct row {
    const char* says;
    std::string leads_to;
    void (*edit)(situation&);
};

const row rows_of_sign_in[] = {
    {"signed in, allowed before", "grant", [](situation&) {}},
    {"not signed in", "sign_in", [](situation& s) { s.browser.reset(); }},
    {"not signed in, quietly", "login_required",
     [](situation& s) {
         s.browser.reset();
         s.asked.prompt = quiet;
     }},
    {"signed in, quietly", "grant", [](situation& s) { s.asked.prompt = quiet; }},
    {"a user who was disabled", "sign_in",
     [](situation& s) {
         auto u = std::make_shared<user>(*some_user());
         u->gate.enabled = false;
         s.browser->user = u;
     }},
    {"login, signed in long ago", "sign_in", [](situation& s) { s.asked.prompt = login; }},
    {"login, signed in a second before", "sign_in",
     [](situation& s) {
         s.asked.prompt = login;
         s.browser = someone(before);
     }},
    {"login, signed in for it", "grant",
     [](situation& s) {
         s.asked.prompt = login;
         s.browser = someone(asked_at);
     }},
    {"max_age that is not over", "grant", [](situation& s) { s.asked.max_age = seconds(3630); }},
    {"max_age that is over by a second", "sign_in", [](situation& s) { s.asked.max_age = seconds(3629); }},
    {"max_age that is over, quietly", "login_required",
     [](situation& s) {
         s.asked.max_age = seconds(3629);
         s.asked.prompt = quiet;
     }},
    {"max_age 0 is login", "sign_in",
     [](situation& s) {
         s.asked.max_age = seconds(0);
         s.browser = someone(before);
     }},
    {"max_age 0, signed in for it", "grant",
     [](situation& s) {
         s.asked.max_age = seconds(0);
         s.browser = someone(asked_at);
     }},
    {"max_age 1, signed in for it 30 s ago", "grant",
     [](situation& s) {
         s.asked.max_age = seconds(1);
         s.browser = someone(asked_at);
     }},
    {"the user who is hinted", "grant", [](situation& s) { s.asked.hinted = user_id{42}; }},
    {"another is hinted", "sign_in", [](situation& s) { s.asked.hinted = user_id{43}; }},
    {"another is hinted, quietly", "login_required",
     [](situation& s) {
         s.asked.hinted = user_id{43};
         s.asked.prompt = quiet;
     }},
    {"another is hinted than the one who signed in for it", "login_required",
     [](situation& s) {
         s.asked.hinted = user_id{43};
         s.browser = someone(asked_at);
     }},
    {"an essential acr that it was", "grant", [](situation& s) { s.asked.essential_acr = 2; }},
    {"one that is weaker", "grant",
     [](situation& s) {
         s.asked.essential_acr = 2;
         s.browser->acr = 2;
     }},
    {"one that this server does not know", "unmet_authentication_requirements",
     [](situation& s) { s.asked.essential_acr = 0; }},
    {"the same, not signed in", "unmet_authentication_requirements",
     [](situation& s) {
         s.asked.essential_acr = 0;
         s.browser.reset();
     }},
    {"the same, quietly", "unmet_authentication_requirements",
     [](situation& s) {
         s.asked.essential_acr = 0;
         s.asked.prompt = quiet;
     }},
    {"one that is stronger", "sign_in", [](situation& s) { s.asked.essential_acr = 4; }},
    {"one that is stronger, quietly", "login_required",
     [](situation& s) {
         s.asked.essential_acr = 4;
         s.asked.prompt = quiet;
     }},
    {"one that is stronger, signed in for it", "unmet_authentication_requirements",
     [](situation& s) {
         s.asked.essential_acr = 4;
         s.browser = someone(asked_at);
     }},
    {"two are hinted", "sign_in", [](situation& s) { s.asked.hinted = user_id{}; }},
    {"select_account", "select_account", [](situation& s) { s.asked.prompt = select_account; }},
    {"select_account, chosen", "grant",
     [](situation& s) {
         s.asked.prompt = select_account;
         s.progress.chosen = true;
     }},
    {"select_account, signed in for it", "grant",
     [](situation& s) {
         s.asked.prompt = select_account;
         s.browser = someone(asked_at);
     }},
    {"select_account, a session of the same second that was there before", "select_account",
     [](situation& s) {
         s.asked.prompt = select_account;
         s.browser = someone(asked_at);
         s.progress.first_look = true;
     }},
    {"login, a session of the same second that was there before", "sign_in",
     [](situation& s) {
         s.asked.prompt = login;
         s.browser = someone(asked_at);
         s.progress.first_look = true;
     }},
    {"select_account, not signed in", "sign_in",
     [](situation& s) {
         s.asked.prompt = select_account;
         s.browser.reset();
     }},
    {"login and select_account", "sign_in", [](situation& s) { s.asked.prompt = login | select_account; }},
    {"a page that is older than the client's change: off", "invalid_client",
     [](situation& s) { s.who.enabled = false; }},
    {"... removed", "invalid_client", [](situation& s) { s.who.removed = true; }},
    {"... another of its name", "invalid_client", [](situation& s) { s.who.number = {18}; }},
    {"... without this redirect URI", "invalid_client",
     [](situation& s) { s.who.redirect_uris = {"https://shop.example/new"}; }},
    {"... without the grant", "unauthorized_client", [](situation& s) { s.who.authorization_code = false; }},
    {"... without the API", "invalid_target",
     [](situation& s) {
         s.asked.resources = {"stock"};
         s.who.apis = {"https://orders.example"};
     }},
};

const row rows_of_consent[] = {
    {"nothing allowed before", "consent", [](situation& s) { s.consented.reset(); }},
    {"nothing allowed before, quietly", "consent_required",
     [](situation& s) {
         s.consented.reset();
         s.asked.prompt = quiet;
     }},
    {"less allowed before", "consent", [](situation& s) { s.consented = consent_to({openid}); }},
    {"more allowed before", "grant",
     [](situation& s) { s.consented = consent_to({openid, orders_read, orders_write}); }},
    {"withdrawn", "consent", [](situation& s) { s.consented = consent_to({}); }},
    {"allowed on the page", "grant",
     [](situation& s) {
         s.consented.reset();
         s.progress.allowed = every_scope;
     }},
    {"less allowed on the page than is asked for by now", "consent",
     [](situation& s) {
         s.consented.reset();
         s.progress.allowed = consent_to({openid}).scopes;
     }},
    {"asked again", "consent", [](situation& s) { s.asked.prompt = ask_consent; }},
    {"asked again, and allowed", "grant",
     [](situation& s) {
         s.asked.prompt = ask_consent;
         s.progress.allowed = every_scope;
     }},
    {"sign-in comes before consent", "sign_in",
     [](situation& s) {
         s.asked.prompt = ask_consent | login;
         s.progress.allowed = every_scope;
     }},
    {"the account comes before consent", "select_account",
     [](situation& s) { s.asked.prompt = ask_consent | select_account; }},
    {"implicit: not asked", "grant",
     [](situation& s) {
         s.consented.reset();
         s.who.consent = client_consent::implicit;
     }},
    {"implicit, quietly", "grant",
     [](situation& s) {
         s.consented.reset();
         s.who.consent = client_consent::implicit;
         s.asked.prompt = quiet;
     }},
    {"implicit, asked for it", "consent",
     [](situation& s) {
         s.who.consent = client_consent::implicit;
         s.asked.prompt = ask_consent;
     }},
    {"never: not asked for it either", "grant",
     [](situation& s) {
         s.consented.reset();
         s.who.consent = client_consent::never;
         s.asked.prompt = ask_consent;
     }},
    {"nothing that the user may have", "invalid_scope", [](situation& s) { s.asked.scopes = {"admin", "staff"}; }},
    {"introspect is for clients", "invalid_scope", [](situation& s) { s.asked.scopes = {"introspect"}; }},
    {"scopes that the client has no more", "invalid_scope", [](situation& s) { s.who.scopes = {"email"}; }},
    {"offline_access alone, without prompt=consent", "invalid_scope",
     [](situation& s) { s.asked.scopes = {"offline_access"}; }},
    {"offline_access beside it, without prompt=consent", "grant",
     [](situation& s) { s.asked.scopes.emplace_back("offline_access"); }},
    {"offline_access is asked for again though it was allowed", "consent",
     [](situation& s) {
         s.asked.scopes.emplace_back("offline_access");
         s.asked.prompt = ask_consent;
         s.consented = consent_to({openid, orders_read, offline_access});
     }},
};

// All situations of these.
template <class See>
void each_situation(const See& see) {
    const std::optional<signed_in> browsers[] = {std::nullopt, someone(long_ago), someone(before), someone(asked_at),
                                                 someone(now, 43)};
    const std::optional<seconds> ages[] = {std::nullopt, seconds(0), seconds(1), seconds(3629), seconds(3630)};
    const std::optional<user_id> hints[] = {std::nullopt, user_id{42}, user_id{43}, user_id{}};
    const std::optional<consent> consents[] = {std::nullopt, consent_to({}), consent_to({openid}),
                                               consent_to({openid, orders_read}),
                                               consent_to({openid, orders_read, offline_access})};
    situation s;
    s.asked.scopes.emplace_back("offline_access");
    for (const unsigned prompt : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
        s.asked.prompt = static_cast<std::uint8_t>(prompt);
        for (const auto& browser : browsers) {
            s.browser = browser;
            for (const auto& age : ages) {
                s.asked.max_age = age;
                for (const auto& hint : hints) {
                    s.asked.hinted = hint;
                    for (const auto& consented : consents) {
                        s.consented = consented;
                        for (const auto rule : {client_consent::ask, client_consent::implicit, client_consent::never}) {
                            s.who.consent = rule;
                            for (const unsigned bits : {0U, 1U, 2U, 3U, 4U}) {
                                s.progress = {bits == 4, (bits & 1U) != 0,
                                              (bits & 2U) != 0 ? std::optional(every_scope) : std::nullopt};
                                see(s);
                            }
                        }
                    }
                }
            }
        }
    }
}

bool signed_in_for_it(const situation& s) {
    return s.browser && !s.progress.first_look && s.browser->auth_time >= s.asked.asked_at;
}

void check_grant(const situation& s, const authorization_step& step) {
    BOOST_TEST_REQUIRE(s.browser.has_value());
    BOOST_TEST((!s.asked.hinted || *s.asked.hinted == s.browser->user->id));
    BOOST_TEST((!s.asked.asks(prompt_kind::login) || signed_in_for_it(s)));
    BOOST_TEST((!s.asked.max_age || signed_in_for_it(s) || now - s.browser->auth_time <= *s.asked.max_age));
    BOOST_TEST((!s.asked.asks(prompt_kind::select_account) || signed_in_for_it(s) || s.progress.chosen));
    const bool asked_again = s.asked.asks(prompt_kind::consent) && s.who.consent != client_consent::never;
    BOOST_TEST((!asked_again || s.progress.allowed));
    BOOST_TEST((s.who.consent != client_consent::ask || s.progress.allowed ||
                (s.consented && step.granted.within(s.consented->scopes))));
    BOOST_TEST((s.who.consent != client_consent::ask || !step.granted.contains(offline_access) ||
                (s.asked.asks(prompt_kind::consent) && s.progress.allowed)));
    BOOST_TEST(step.granted.within(set_of({openid, orders_read, offline_access})));
    BOOST_TEST(step.granted.contains(openid));
    const bool rests =
        s.who.consent != client_consent::never && s.consented && step.granted.within(s.consented->scopes);
    BOOST_TEST(step.consent_version == (rests ? 9U : 0U));
}

void check_page(const situation& s, const authorization_step& step) {
    BOOST_TEST(!s.asked.asks(prompt_kind::none));
    BOOST_TEST(step.consent_version == 0U);
    if (step.what == kind::sign_in) {
        BOOST_TEST(!signed_in_for_it(s)); // or a sign-in would lead to the next one, without an end
    } else if (step.what == kind::select_account) {
        BOOST_TEST((s.asked.asks(prompt_kind::select_account) && s.browser && !s.progress.chosen));
    } else {
        BOOST_TEST((s.browser && !s.progress.allowed && s.who.consent != client_consent::never));
        BOOST_TEST(!step.granted.empty());
        BOOST_TEST(step.asked_newly.within(step.granted));
        BOOST_TEST((!step.asked_newly.empty() || s.asked.asks(prompt_kind::consent)));
    }
}

void check_refusal(const situation& s, const authorization_step& step) {
    BOOST_TEST((step.refusal.target == target_of(s.asked)));
    if (step.refusal.error == "consent_required") {
        BOOST_TEST((s.asked.asks(prompt_kind::none) && s.browser && s.who.consent == client_consent::ask));
        return;
    }
    BOOST_TEST(step.refusal.error == "login_required");
    const bool another = s.browser && s.asked.hinted && *s.asked.hinted != s.browser->user->id;
    BOOST_TEST((s.asked.asks(prompt_kind::none) || (another && signed_in_for_it(s))));
}

} // namespace

BOOST_AUTO_TEST_SUITE(authorization_decisions)

BOOST_AUTO_TEST_CASE(each_row_of_the_table_is_decided_as_it_says) {
    const auto check = [](const row& r) {
        BOOST_TEST_CONTEXT(r.says) {
            situation s;
            r.edit(s);
            const authorization_step step = s.decide();
            BOOST_TEST(text_of(step) == r.leads_to);
            BOOST_TEST(step.refusal.target.has_value() ==
                       (step.what == kind::refuse && step.refusal.error != "invalid_client"));
        }
    };
    std::ranges::for_each(rows_of_sign_in, check);
    std::ranges::for_each(rows_of_consent, check);
}

BOOST_AUTO_TEST_CASE(every_step_in_every_situation_is_one_that_may_be) {
    unsigned count = 0;
    std::size_t seen[5] = {};
    each_situation([&](const situation& s) {
        const authorization_step step = s.decide();
        ++count;
        ++seen[static_cast<std::size_t>(step.what)];
        if (step.what == kind::grant) {
            check_grant(s, step);
        } else if (step.what == kind::refuse) {
            check_refusal(s, step);
        } else {
            check_page(s, step);
        }
    });
    BOOST_TEST(count == 9U * 5 * 5 * 4 * 5 * 3 * 5);
    for (const std::size_t times : seen) {
        BOOST_TEST(times > 100U);
    }
}

BOOST_AUTO_TEST_CASE(who_answers_every_page_comes_to_an_end) {
    each_situation([](situation s) {
        kind before_it = kind::refuse;
        for (unsigned pages = 0;; ++pages) {
            const authorization_step step = s.decide();
            if (step.what == kind::grant || step.what == kind::refuse) {
                break;
            }
            BOOST_TEST_REQUIRE(pages < 3U);
            BOOST_TEST((step.what != before_it)); // no page comes twice
            before_it = step.what;
            s.progress.first_look = false;
            if (step.what == kind::sign_in) {
                s.browser = someone(now);
            } else if (step.what == kind::select_account) {
                s.progress.chosen = true;
            } else {
                s.progress.allowed = every_scope;
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(tokens_say_the_strongest_acr_that_was_asked_for_and_met) {
    authorization_request asked = some_request();
    BOOST_TEST((told_acr(asked, 0) == 0));
    BOOST_TEST((told_acr(asked, 1) == 1));
    asked.essential_acr = 2;
    BOOST_TEST((told_acr(asked, 0) == std::nullopt));
    BOOST_TEST((told_acr(asked, 1) == 1));
    BOOST_TEST((told_acr(asked, 255) == 1));
    asked.essential_acr = 0;
    BOOST_TEST((told_acr(asked, 255) == std::nullopt));
}

BOOST_AUTO_TEST_CASE(granted_is_what_was_asked_for_and_client_and_roles_allow) {
    situation s;
    s.who.consent = client_consent::never;
    const auto granted = [&](const char* names, auto edit) {
        situation other = s;
        other.asked = std::get<authorization_request>(read(with_other(good_parameters(), "scope", names)));
        edit(other);
        return other.decide().granted;
    };
    const auto nothing = [](situation&) {};
    const auto as = [](auto edit) {
        return [edit](situation& other) {
            auto u = std::make_shared<user>(*some_user());
            edit(*u);
            other.browser->user = u;
        };
    };
    BOOST_TEST((granted("openid orders:write free", nothing) == set_of({openid, orders_write, free_scope})));
    BOOST_TEST((granted("openid orders:write staff", as([](user& u) { u.roles = {"staff"}; })) ==
                set_of({openid, staff_only})));
    BOOST_TEST((granted("openid admin introspect", nothing) == set_of({openid})));
    BOOST_TEST(
        (granted("openid admin introspect", as([](user& u) { u.is_superuser = true; })) == set_of({openid, admin})));
    BOOST_TEST((granted("openid free", [](situation& o) { o.who.scopes = {"openid"}; }) == set_of({openid})));
    BOOST_TEST((granted("openid offline_access", nothing) == set_of({openid, offline_access})));
    BOOST_TEST(
        (granted("openid offline_access", [](situation& o) { o.who.refresh_token = false; }) == set_of({openid})));
    BOOST_TEST((granted("openid offline_access", [](situation& o) { o.who.consent = client_consent::implicit; }) ==
                set_of({openid, offline_access})));
}

BOOST_AUTO_TEST_CASE(a_consent_page_tells_what_is_new) {
    situation s;
    s.asked = std::get<authorization_request>(
        read(with_other(good_parameters(), "scope", "openid orders:read orders:write offline_access")));
    s.asked.prompt = ask_consent;
    const authorization_step step = s.decide();
    BOOST_TEST((step.granted == set_of({openid, orders_read, orders_write, offline_access})));
    BOOST_TEST((step.asked_newly == set_of({orders_write, offline_access})));
}

BOOST_AUTO_TEST_CASE(a_grant_is_for_four_apis_at_most) {
    catalogue all;
    situation s;
    s.who.consent = client_consent::never;
    s.who.scopes.clear();
    s.who.apis.clear();
    s.asked.scopes.clear();
    for (std::uint16_t i = 1; i <= 5; ++i) {
        auto a = std::make_shared<api>();
        a->number = {i};
        a->identifier = "api" + std::to_string(i);
        auto of_it = std::make_shared<scope>();
        of_it->number = {static_cast<std::uint16_t>(20 + i)};
        of_it->name = "scope" + std::to_string(i);
        of_it->api = a->identifier;
        s.who.scopes.push_back(of_it->name);
        s.who.apis.push_back(a->identifier);
        s.asked.scopes.push_back(of_it->name);
        all.apis.push_back(std::move(a));
        all.scopes.push_back(std::move(of_it));
        const authorization_step step = decide_authorization(s.asked, s.who, all, s.browser, nullptr, {}, now);
        BOOST_TEST(text_of(step) == (i <= 4 ? "grant" : "invalid_target"));
    }
    s.asked.resources = {"api1", "api5"};
    BOOST_TEST(text_of(decide_authorization(s.asked, s.who, all, s.browser, nullptr, {}, now)) == "grant");
}

BOOST_AUTO_TEST_SUITE_END()
