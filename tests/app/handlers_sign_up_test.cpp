// Sign-up by each policy without a socket: endpoint and page, and an operator's approval.
#include "tests/app/handler_checks.hpp"
#include "tests/support/link_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using namespace pawl::test;
using pawl::app::http_method;

namespace {

constexpr std::string_view good_password = "a third wagon 5 goat";
const std::string eve_alone = R"({"email":"eve@example.com"})",
                  eve_whole = R"({"email":"eve@example.com","password":"a third wagon 5 goat"})",
                  form_alone = "email=eve%40example.com",
                  form_whole = form_alone + "&new_password=a+third+wagon+5+goat";

struct sign_up_world : world {
    mail_settings mail_rules{.on = true, .queue_max = 100, .notices_on = true};
    memory_mails box{data};
    mail_service mails{context, box, mail_rules};
    service_context with_mail = [this] {
        service_context c = context;
        c.mails = &mails;
        return c;
    }();
    consent_service consents{with_mail};
    unlocked_link_limiter counts{time, random};
    link_service links{with_mail, mails, consents, counts};

    sign_up_world() { server.links = &links; }

    void policy(sign_up_mode mode) { settings.sign_up.mode = mode; }
    std::string last_link() const {
        const std::string url = links.link_for(box.all.back(), nullptr).value();
        return url.substr(settings.issuer.size() + std::string("/l/").size());
    }
    answer submit(std::string_view target, std::string_view body, std::string_view site = "same-origin") {
        app::http_request r = request(http_method::post, target);
        r.content_type = form_type;
        r.body = body;
        r.sec_fetch_site = site;
        return send(std::move(r));
    }
    answer as_operator(http_method method, std::string_view target) {
        app::http_request r = request(method, target);
        r.from_admin_socket = true;
        return send(std::move(r));
    }
    static bool holds(const answer& a, std::string_view text) { return a.body().find(text) != std::string_view::npos; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(handlers_sign_up, sign_up_world)

BOOST_AUTO_TEST_CASE(a_sign_up_by_mail_takes_the_address_and_the_link_the_password) {
    policy(sign_up_mode::confirm);
    BOOST_TEST(post("/signup", eve_alone).status() == 202U);
    BOOST_TEST(post("/signup", R"({"email":"ada@example.com"})").status() == 202U);
    const answer with_password = post("/signup", eve_whole);
    expect_problem(with_password, 422, "validation_failed");
    BOOST_TEST(with_password.fields() == "password");
    expect_problem(post("/signup", "{}"), 422, "validation_failed");
    BOOST_TEST(post("/signup", eve_alone).status() == 202U);
    const std::string body = R"({"capsule":")" + last_link() + R"(","password":"a third wagon 5 goat"})";
    BOOST_TEST(post("/signup/complete", body).status() == 201U);
    expect_problem(post("/signup/complete", body), 410, "link_used");
    server.links = nullptr;
    expect_problem(post("/signup", eve_alone), 409, "mail_off");
}

BOOST_AUTO_TEST_CASE(other_policies_refuse_as_they_say) {
    for (const sign_up_mode mode : {sign_up_mode::invite, sign_up_mode::closed}) {
        policy(mode);
        expect_problem(post("/signup", "no json"), 403, "sign_up_closed");
        BOOST_TEST(get("/sign-up").status() == 403U);
        BOOST_TEST(submit("/sign-up", form_whole).status() == 403U);
    }
    policy(sign_up_mode::open);
    settings.sign_up.domains = {*sign_up_domain_from_text("example.org")};
    expect_problem(post("/signup", eve_whole), 403, "domain_not_allowed");
    BOOST_TEST(submit("/sign-up", form_whole).status() == 403U);
}

BOOST_AUTO_TEST_CASE(an_account_is_pending_until_an_operator_approves_it) {
    policy(sign_up_mode::approve);
    const answer made = post("/signup", eve_whole);
    BOOST_REQUIRE(made.status() == 201U);
    BOOST_TEST(made.json().at("pending").as_bool());
    const std::string path = "/admin/users/" + std::to_string(made.json().at("id").as_int64());
    expect_problem(post("/login", eve_whole), 403, "approval_pending");
    expect_oauth(form("/token", "username=eve%40example.com&password=a+third+wagon+5+goat"), 400, "invalid_grant");
    BOOST_TEST(as_operator(http_method::get, path).json().at("pending").as_bool());
    expect_problem(as_operator(http_method::post, "/admin/users/99/approve"), 404, "user_not_found");
    expect_problem(as_operator(http_method::post, "/admin/users/x/approve"), 404, "user_not_found");
    BOOST_TEST(as_operator(http_method::post, path + "/approve").status() == 204U);
    BOOST_TEST(as_operator(http_method::post, path + "/approve").status() == 204U);
    BOOST_TEST(!as_operator(http_method::get, path).json().as_object().contains("pending"));
    BOOST_TEST(post("/login", eve_whole).status() == 200U);
}

BOOST_AUTO_TEST_CASE(an_address_that_is_not_proven_signs_no_one_in_where_it_has_to_be) {
    settings.sign_up.wants_verified_email = true;
    expect_problem(post("/login", good_login), 403, "email_not_verified");
    expect_oauth(form("/token", "username=ada&password=correct+horse+7+staple"), 400, "invalid_grant");
}

BOOST_AUTO_TEST_CASE(a_sign_up_leads_back_to_the_sign_in_it_came_from) {
    policy(sign_up_mode::open);
    BOOST_TEST(holds(get("/sign-up?to=security"), R"(href="sign-in?to=security")"));
    BOOST_TEST(holds(get("/sign-up?to=security"), R"(name="to" value="security")"));
    BOOST_TEST(holds(get("/sign-up?to=https://evil.example/"), R"(href="sign-in?to=profile")"));
    BOOST_TEST(!holds(get("/sign-up"), "signup-back"));
    const answer wrong = submit("/sign-up", "email=x&new_password=x&to=data");
    BOOST_TEST(holds(wrong, R"(name="to" value="data")"));
    BOOST_TEST(holds(submit("/sign-up", form_whole + "&to=data"), R"(href="sign-in?to=data")"));
}

BOOST_AUTO_TEST_CASE(the_page_makes_an_account_or_mails_a_link) {
    policy(sign_up_mode::open);
    BOOST_TEST(get("/sign-up").status() == 200U);
    BOOST_TEST(submit("/sign-up", form_whole, "cross-site").status() == 403U);
    BOOST_TEST(submit("/sign-up", form_alone).status() == 422U);
    BOOST_TEST(submit("/sign-up", "email=x&new_password=a+third+wagon+5+goat").status() == 422U);
    BOOST_TEST(submit("/sign-up", "email=a&email=b").status() == 400U);
    BOOST_TEST(submit("/sign-up", form_whole).status() == 200U);
    BOOST_TEST(submit("/sign-up", form_whole).status() == 409U);
    policy(sign_up_mode::confirm);
    const answer done = submit("/sign-up", "email=ben%40example.com");
    BOOST_TEST(done.status() == 200U);
    BOOST_TEST(holds(done, "ben@example.com"));
    const std::string link = "/l/" + last_link();
    BOOST_TEST(holds(get(link), "new_password"));
    BOOST_TEST(submit(link, "new_password=x").status() == 422U);
    policy(sign_up_mode::closed);
    BOOST_TEST(submit(link, "new_password=a+third+wagon+5+goat").status() == 403U);
    policy(sign_up_mode::confirm);
    settings.sign_up.domains = {*sign_up_domain_from_text("example.org")};
    BOOST_TEST(submit(link, "new_password=a+third+wagon+5+goat").status() == 403U);
    settings.sign_up.domains.clear();
    BOOST_TEST(submit(link, "new_password=a+third+wagon+5+goat").status() == 200U);
    BOOST_TEST(get(link).status() == 410U);
    BOOST_TEST(log_in("ben@example.com", good_password).has_value());
    mail_rules.on = false;
    BOOST_TEST(submit("/sign-up", form_alone).status() == 409U);
}

BOOST_AUTO_TEST_CASE(the_server_says_what_is_on) {
    for (const sign_up_mode mode : {sign_up_mode::open, sign_up_mode::confirm, sign_up_mode::approve,
                                    sign_up_mode::invite, sign_up_mode::closed}) {
        policy(mode);
        BOOST_TEST(get("/").text("sign_up") == to_text(mode));
    }
}

BOOST_AUTO_TEST_SUITE_END()
