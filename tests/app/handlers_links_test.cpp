// Endpoints and pages of links without a socket: what they take, answer and refuse.
#include "tests/app/handler_checks.hpp"
#include "tests/support/link_world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace pawl;
using namespace pawl::test;
using pawl::app::http_method;

namespace {

constexpr std::string_view page_type = "text/html; charset=utf-8";

struct links_world : world {
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

    links_world() { server.links = &links; }

    std::string last_link() const {
        const mail& m = box.all.empty() ? data.mails().back() : box.all.back();
        const std::string url = links.link_for(m, data.find_user(m.user)).value();
        return url.substr(settings.issuer.size() + std::string("/l/").size());
    }
    std::string reset_link() {
        BOOST_TEST(post("/password/forgot", R"({"email":"ada@example.com"})").status() == 202U);
        return last_link();
    }
    static std::string capsule_json(const std::string& link, const std::string& more = {}) {
        return R"({"capsule":")" + link + "\"" + more + "}";
    }
    answer submit(const std::string& link, std::string_view body, std::string_view site = "same-origin",
                  std::string_view language = {}) {
        const std::string target = "/l/" + link;
        app::http_request r = request(http_method::post, target);
        r.content_type = form_type;
        r.body = body;
        r.sec_fetch_site = site;
        if (!language.empty()) {
            r.accept_language = language;
        }
        return send(std::move(r));
    }
    answer as_operator(http_method method, std::string_view target, std::string_view body = {}) {
        app::http_request r = request(method, target);
        r.from_admin_socket = true;
        if (!body.empty()) {
            r.content_type = json_type;
            r.body = body;
        }
        return send(std::move(r));
    }
    static bool holds(const answer& a, std::string_view text) { return a.body().find(text) != std::string_view::npos; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(handlers_links, links_world)

BOOST_AUTO_TEST_CASE(forgot_answers_the_same_for_everyone) {
    const answer known = post("/password/forgot", R"({"email":"ada@example.com"})");
    const answer unknown = post("/password/forgot", R"({"email":"stranger@example.com"})");
    BOOST_TEST(known.status() == 202U);
    BOOST_TEST(unknown.status() == 202U);
    BOOST_TEST(known.body() == unknown.body());
    BOOST_TEST((known.response.headers == unknown.response.headers));
    expect_problem(post("/password/forgot", "{}"), 422, "validation_failed");
    expect_problem(post("/password/forgot", R"({"email":"no"})"), 422, "validation_failed");
}

BOOST_AUTO_TEST_CASE(a_reset_by_capsule) {
    const std::string link = reset_link();
    const std::string more = R"(,"new_password":"a third wagon 5 goat")";
    expect_problem(post("/password/reset", capsule_json("pml_x", more)), 400, "link_invalid");
    BOOST_TEST(post("/password/reset", capsule_json(link)).fields() == "new_password");
    BOOST_TEST(post("/password/reset", capsule_json(link, R"(,"new_password":"ada")")).fields() == "new_password");
    BOOST_TEST(post("/password/reset", capsule_json(link, more)).status() == 204U);
    expect_problem(post("/password/reset", capsule_json(link, more)), 410, "link_used");
    time.advance(seconds(60));
    const std::string late = reset_link();
    time.advance(life_of(link_purpose::reset_password));
    expect_problem(post("/password/reset", capsule_json(late, more)), 410, "link_expired");
}

BOOST_AUTO_TEST_CASE(a_verification_by_session_or_password) {
    const std::string bearer = access();
    BOOST_TEST(bare(http_method::post, "/users/me/email/verification", bearer).status() == 202U);
    const std::string link = last_link();
    BOOST_TEST(post("/email/verify", capsule_json(link)).fields() == "password");
    expect_problem(post("/email/verify", capsule_json(link, R"(,"password":"wrong")")), 403, "wrong_password");
    expect_problem(post("/email/verify", capsule_json(link), "bad"), 401, "invalid_access_token");
    BOOST_TEST(post("/email/verify", capsule_json(link), bearer).status() == 204U);
    BOOST_TEST(post("/email/verify", capsule_json(link), bearer).status() == 204U);
    expect_problem(bare(http_method::post, "/users/me/email/verification", bearer), 409, "already_verified");
}

BOOST_AUTO_TEST_CASE(an_address_changes_and_comes_back) {
    BOOST_TEST(bare(http_method::post, "/users/me/email/verification", access()).status() == 202U);
    BOOST_TEST(post("/email/verify", capsule_json(last_link()), access()).status() == 204U);
    const std::string wish = R"({"new_email":"new@example.com","current_password":"correct horse 7 staple"})";
    BOOST_TEST(post("/users/me/email", "{}", access()).fields() == "new_email current_password");
    BOOST_TEST(post("/users/me/email", wish, access()).status() == 202U);
    BOOST_TEST(post("/email/change", capsule_json(last_link())).status() == 204U);
    BOOST_TEST(data.find_user(ada)->email == "new@example.com");
    const mail undo = data.mails().back();
    const std::string url = links.link_for(undo, data.find_user(ada)).value();
    const std::string link = url.substr(url.rfind('/') + 1);
    expect_problem(post("/email/change", capsule_json(link)), 400, "link_invalid");
    BOOST_TEST(post("/email/undo", capsule_json(link)).status() == 204U);
    BOOST_TEST(data.find_user(ada)->email == "ada@example.com");
    expect_problem(post("/email/undo", capsule_json(link)), 410, "link_used");
}

BOOST_AUTO_TEST_CASE(an_invitation_is_made_taken_and_withdrawn) {
    const answer made = as_operator(http_method::post, "/admin/invitations", R"({"email":"eve@example.com","days":3})");
    BOOST_TEST(made.status() == 201U);
    BOOST_TEST(made.text("link") == "(absent)");
    const std::string link = last_link();
    const answer done = post("/signup/complete", capsule_json(link, R"(,"password":"a third wagon 5 goat")"));
    BOOST_TEST(done.status() == 201U);
    BOOST_TEST(done.text("email") == "eve@example.com");
    const std::string id = std::to_string(data.find_user_by_login("eve@example.com")->id.value);
    expect_problem(as_operator(http_method::delete_, "/admin/invitations/" + id), 404, "user_not_found");
    BOOST_TEST(as_operator(http_method::post, "/admin/invitations", R"({"email":"bob@example.com"})").status() == 201U);
    const std::string bob = std::to_string(data.find_user_by_login("bob@example.com")->id.value);
    BOOST_TEST(as_operator(http_method::delete_, "/admin/invitations/" + bob).status() == 204U);
    BOOST_TEST(as_operator(http_method::post, "/admin/invitations", R"({"email":"no","days":31})").fields() == "days");
    expect_problem(as_operator(http_method::post, "/admin/invitations", R"({"email":"eve@example.com"})"), 409,
                   "email_taken");
}

BOOST_AUTO_TEST_CASE(operators_send_or_see_links) {
    const std::string path = "/admin/users/" + std::to_string(ada.value);
    BOOST_TEST(as_operator(http_method::post, path + "/reset-link").status() == 202U);
    BOOST_TEST(as_operator(http_method::post, path + "/verify-email").status() == 202U);
    settings.shows_links = true;
    const answer shown = as_operator(http_method::post, path + "/reset-link");
    BOOST_TEST(shown.status() == 200U);
    BOOST_TEST(shown.text("link").starts_with(settings.issuer + "/l/pml_"));
    BOOST_TEST(shown.header("Cache-Control") == "no-store");
    expect_problem(as_operator(http_method::post, "/admin/users/99/reset-link"), 404, "user_not_found");
}

BOOST_AUTO_TEST_CASE(a_server_without_a_relay_says_so) {
    mail_rules.on = false;
    expect_problem(post("/password/forgot", R"({"email":"ada@example.com"})"), 409, "mail_off");
    expect_problem(bare(http_method::post, "/users/me/email/verification", access()), 409, "mail_off");
    expect_problem(as_operator(http_method::post, "/admin/invitations", R"({"email":"eve@example.com"})"), 409,
                   "mail_off");
}

BOOST_AUTO_TEST_CASE(the_page_of_a_link_changes_nothing_until_its_form_is_sent) {
    const std::string link = reset_link();
    for (int i = 0; i < 3; ++i) {
        const answer page = get("/l/" + link);
        BOOST_TEST(page.status() == 200U);
        BOOST_TEST(page.response.content_type == page_type);
        BOOST_TEST(page.header("Cache-Control") == "no-store");
        BOOST_TEST(holds(page, "name=\"new_password\""));
        BOOST_TEST(holds(page, "href=\"../pages.css\""));
        BOOST_TEST(holds(page, "ada@example.com"));
        BOOST_TEST(!holds(page, link)); // the form goes to where it came from
    }
    expect_tokens(logged_in());
    BOOST_TEST(submit(link, "new_password=a+third+wagon+5+goat").status() == 200U);
    BOOST_TEST(post("/login", good_login).status() == 401U);
    BOOST_TEST(submit(link, "new_password=a+third+wagon+5+goat").status() == 410U);
    BOOST_TEST(get("/l/" + link).status() == 410U);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_form_stands_on_the_page) {
    const std::string link = reset_link();
    const answer weak = submit(link, "new_password=password");
    BOOST_TEST(weak.status() == 422U);
    BOOST_TEST(holds(weak, "id=\"problem\""));
    BOOST_TEST(holds(weak, "aria-describedby=\"problem\""));
    BOOST_TEST(submit(link, "").status() == 422U);
    BOOST_TEST(submit(link, "new_password=a&new_password=b").status() == 400U);
    BOOST_TEST(submit(link, "new_password=a", "cross-site").status() == 403U);
    BOOST_TEST(submit("pml_x", "new_password=a").status() == 400U);
    BOOST_TEST(get("/l/x").status() == 400U);
    const answer german = submit(link, "new_password=x", "same-origin", "de");
    BOOST_TEST(german.header("Content-Language") == "de");
    BOOST_TEST(holds(german, "Neues Passwort"));
}

BOOST_AUTO_TEST_CASE(an_address_changes_by_page_only_where_the_box_is_ticked) {
    const std::string wish = R"({"new_email":"new@example.com","current_password":"correct horse 7 staple"})";
    BOOST_TEST(post("/users/me/email", wish, access()).status() == 202U);
    const std::string link = last_link();
    BOOST_TEST(holds(get("/l/" + link), "type=\"checkbox\""));
    BOOST_TEST(submit(link, "").status() == 422U); // a program that sends every form ticks nothing
    BOOST_TEST(data.find_user(ada)->email == "ada@example.com");
    BOOST_TEST(submit(link, "sure=yes").status() == 200U);
    BOOST_TEST(data.find_user(ada)->email == "new@example.com");
}

BOOST_AUTO_TEST_CASE(an_address_is_verified_by_page_with_the_password_and_then_it_is_done) {
    BOOST_TEST(bare(http_method::post, "/users/me/email/verification", access()).status() == 202U);
    const std::string link = last_link();
    BOOST_TEST(submit(link, "password=wrong").status() == 422U);
    BOOST_TEST(submit(link, "password=correct+horse+7+staple").status() == 200U);
    BOOST_TEST(data.find_user(ada)->email_verified);
    const answer again = get("/l/" + link);
    BOOST_TEST(again.status() == 200U);
    BOOST_TEST(!holds(again, "<form"));
}

BOOST_AUTO_TEST_SUITE_END()
