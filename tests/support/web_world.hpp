// Two users and browsers that show cookies: what tests of web_session_service start from.
#pragma once

#include "core/capsule/capsule.hpp"
#include "core/provider/web_cookie.hpp"
#include "core/service/web_session_service.hpp"
#include "tests/support/service_world.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace pawl::test {

struct web_world : service_world {
    web_session_service web{context};
    user_id alice = add_user("alice@example.org"), bob = add_user("bob@example.org");

    result<web_visit> try_sign_in(std::string name, std::string cookie = {}, std::string_view with = password) {
        return run(web.sign_in(std::move(name), secret(with), cookie, from_host(1)));
    }
    // The cookie of a sign-in that can't fail.
    std::string sign_in(std::string name, std::string cookie = {}) {
        return cookie_of(try_sign_in(std::move(name), std::move(cookie)).value());
    }
    web_visit visit(const std::string& cookie, bool rotates = true, std::uint8_t host = 1) {
        return run(web.visit(cookie, from_host(host), rotates)).value();
    }
    void sign_out(const std::string& cookie) { run(web.sign_out(cookie, from_host(1))).value(); }
    // The one that a page sets in place of `cookie` once it is old enough.
    std::string replaced(const std::string& cookie) {
        time.advance(settings.web_rotation);
        return cookie_of(visit(cookie));
    }
    static std::string cookie_of(const web_visit& v) { return std::string(v.set_cookie.value().reveal()); }
    web_cookie opened(const std::string& cookie) const { return open_web_cookie(*keys->capsules, cookie).value(); }
    std::string sealed(const web_cookie& cookie) {
        return std::string(seal_web_cookie(*keys->capsules, cookie, random).reveal());
    }
    family_id session_of(const std::string& cookie) const { return opened(cookie).session; }
    family_status status_of(const std::string& cookie) const { return word_of(session_of(cookie)).status(); }
    bool is_signed_in(const std::string& cookie) { return visit(cookie, false).session.has_value(); }
    // Of a page that found no session, and told the browser to forget its cookie.
    static bool forgets(const web_visit& v) { return !v.session && v.clear_cookie && !v.set_cookie; }
    // A session that hangs on the cookie's.
    family_id add_bound_family(const std::string& cookie) {
        family_facts facts = data.find_family(session_of(cookie))->facts;
        facts.id = family_id{};
        facts.id.bytes.fill(0xB1);
        facts.client = client_number{16};
        facts.origin.parent = session_of(cookie);
        data.insert_family(facts, family_word{}, {}).value();
        return facts.id;
    }
};

} // namespace pawl::test
