"""The pages of an account at the real server, as a browser without scripts sees them: what they show, what their forms
do, what they refuse, and that what was typed comes back as text."""
import concurrent.futures
import html
import re
import unittest
import urllib.parse

from support import case, totp
from support.person import Person, attributes
from sign_in_test import BYE, CALLBACK, CHALLENGE

SIGN_IN, FACTOR = "Sign in", "Confirm that it is you"
PLACES = {"/account": "Your account", "/account/security": "Security", "/account/sessions": "Your sessions",
          "/account/apps": "Applications", "/account/data": "Your data", "/account/security/totp": "Set up an authenticator"}
ACTS = {"/account": ("profile", "language", "email", "verify"), "/account/security": ("password", "remove", "codes", "devices"),
        "/account/sessions": ("end", "others", "sign_out"), "/account/apps": ("withdraw",), "/account/data": ("export", "delete"),
        "/account/security/totp": ("confirm",)}
WISHED = "a third wagon 5 goat"
HOSTILE = "\"><script>alert('x')</script>&amp;<b x=\u202e"
SIZE_MAX = 30 * 1024
WINDOW = 300  # --reauth-window


def forms_of(page):
    """Each form of the page: where it goes, and its fields."""
    found = []
    for form in re.findall(r"<form.*?</form>", page.text, re.S):
        fields = {}
        for tag in re.findall(r"<input[^>]*>", form):
            given = attributes(tag)
            if given.get("type") != "checkbox":
                fields[given["name"]] = given.get("value", "")
        for name, options in re.findall(r'<select[^>]*name="([^"]*)">(.*?)</select>', form, re.S):
            chosen = re.search(r'value="([^"]*)"[^>]* selected', options)
            fields[name] = chosen.group(1) if chosen else ""
        found.append((attributes(re.search(r"<form[^>]*>", form).group())["action"], fields))
    return found


def words(page):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.text)))


class AccountCase(case.ServerCase):
    OPTIONS = case.PASSWORD_RULES

    def setUp(self):
        super().setUp()
        self.email = self.signed_up(username="ann%s" % case.fresh_email().split("@")[0], first_name="Ann")
        self.person = Person(self.server.url)

    def expect_page(self, page, path, status=200):
        self.assertEqual((page.title, page.status), (PLACES.get(path, path), status), page.text)
        self.assertEqual(page.reply.headers["Cache-Control"], "no-store")
        policy = page.reply.headers["Content-Security-Policy"]
        self.assertTrue(policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'"), policy)
        self.assertNotIn("script", policy)
        self.assertLessEqual(len(page.reply.body), SIZE_MAX)
        return page

    def at(self, target, person=None, status=200, path=None):
        return self.expect_page((person or self.person).visit(target), path or target, status)

    def signed_in(self, person=None, to="profile", email=None):
        person = person or self.person
        page = person.visit("/sign-in", to=to)
        self.assertEqual(page.title, SIGN_IN)
        return person.press(page, login=email or self.email, password=case.PASSWORD)

    def press(self, page, do, person=None, **fields):
        for action, given in forms_of(page):
            if given.get("do") == do and all(given.get(name) == value for name, value in fields.items() if name in ("factor", "session")):
                path = urllib.parse.urlsplit(urllib.parse.urljoin(page.path, action)).path
                return (person or self.person).send(path, {**given, **fields})
        raise AssertionError("no form %s on the page:\n%s" % (do, page.text))

    def again(self, page, path, sentence, field=None, status=422):
        """The page once more, with what is wrong beside the field."""
        self.expect_page(page, path, status)
        said = re.search(r'<p class="problem" id="problem" role="alert">(.*?)</p>', page.text)
        self.assertIsNotNone(said, page.text)
        self.assertIn(sentence, html.unescape(said.group(1)))
        tied = [attributes(tag).get("name") for tag in re.findall(r"<input[^>]*aria-invalid[^>]*>", page.text)]
        self.assertEqual(tied, [field] if field else [])
        return page

    def with_totp(self, person=None, name="Telephone"):
        """Sets one up by its page; the secret."""
        page = self.at("/account/security/totp", person)
        secret = re.search(r'id="totp-secret">([A-Z2-7]+)<', page.text).group(1)
        now = self.client.get("/dev/clock").json["unix"]
        page = self.press(page, "confirm", person, totp=totp.code(secret, now), name=name)
        self.expect_page(page, "/account/security")
        return secret

    def next_code(self):
        self.client.advance(60)
        return self.expect(self.client.post("/dev/totp", {"user": self.email}), 200).json["code"]


class ComingIn(AccountCase):
    def test_without_a_session_each_page_leads_to_the_sign_in_and_back(self):
        for path, title in PLACES.items():
            person = Person(self.server.url)
            page = person.visit(path)
            self.assertEqual(page.title, SIGN_IN, path)
            self.assertIn("your account", words(page))
            page = person.press(page, login=self.email, password="wrong wrong wrong")
            self.assertEqual((page.title, page.status), (SIGN_IN, 422))
            page = person.press(page, login=self.email, password=case.PASSWORD)
            self.assertEqual((page.title, page.status), (title, 200), path)
            self.assertEqual(urllib.parse.urlsplit(page.path).path, path)

    def test_who_is_signed_in_is_not_asked_again(self):
        self.signed_in()
        self.assertEqual(self.person.visit("/sign-in").title, PLACES["/account"])
        self.assertEqual(self.person.visit("/sign-in", to="data").title, PLACES["/account/data"])
        self.assertEqual(self.person.visit("/sign-in", to="https://evil.example/").title, PLACES["/account"])
        page = self.person.visit("/sign-in", to="security", again="yes")
        self.assertEqual(page.title, SIGN_IN)

    def test_a_second_factor_is_asked_for_on_the_way(self):
        self.signed_in(to="security")
        self.with_totp()
        other = Person(self.server.url)
        page = self.signed_in(other, to="sessions")
        self.assertEqual(page.title, FACTOR)
        page = other.press(page, totp="000000")
        self.assertEqual((page.title, page.status), (FACTOR, 422))
        page = other.press(page, totp=self.next_code())
        self.assertEqual(page.title, PLACES["/account/sessions"])

    def test_a_sign_in_begins_a_session_of_its_own(self):
        """Session fixation: what a browser had before is no session of who signs in."""
        stranger = Person(self.server.url)
        self.signed_in(stranger, email=self.signed_up())
        planted = dict(stranger.cookies)
        self.person.cookies = dict(planted)
        page = self.person.visit("/sign-in", to="profile", again="yes")
        self.person.press(page, login=self.email, password=case.PASSWORD)
        self.assertNotEqual(self.person.cookies, planted)
        self.assertEqual(stranger.visit("/account").title, SIGN_IN)


class Rules(AccountCase):
    def test_a_form_of_another_site_does_nothing(self):
        self.signed_in()
        for path, acts in ACTS.items():
            for act in acts:
                for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
                                {"Sec-Fetch-Site": "", "Origin": "https://evil.example"}, {"Sec-Fetch-Site": "", "Origin": "null"},
                                {"Sec-Fetch-Site": "", "Origin": ""}):
                    page = self.person.send(path, {"do": act}, **foreign)
                    self.assertEqual(page.status, 403, (path, act, foreign))
                    self.assertIn("forbidden_origin", page.text)
        self.at("/account")

    def test_without_a_session_a_form_does_nothing_and_never_fails(self):
        for path, acts in ACTS.items():
            for act in (*acts, "", "nonsense"):
                for cookie in ("", "x", "pws_" + "A" * 200):
                    person = Person(self.server.url)
                    person.cookies = {"pawl": cookie} if cookie else {}
                    page = person.send(path, {"do": act, "sure": "yes", "current_password": case.PASSWORD})
                    self.assertEqual((page.title, page.status), (SIGN_IN, 200), (path, act, cookie))

    def test_a_form_that_is_broken_is_said_to_be_unreadable(self):
        self.signed_in(to="security")
        for path in ACTS:
            for body in (b"", b"do=", b"do=nonsense", b"do=%zz", b"do=profile&do=profile", b"do=end\xff", b"\x00\x01",
                         b"do=" + b"x" * 8000, b"&&&", b"="):
                reply = self.person.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded",
                                                                "Sec-Fetch-Site": "same-origin"})
                self.assertEqual(reply.status, 422, (path, body[:20], reply))
                self.assertIn(b"could not be read", reply.body)
            reply = self.person.request("POST", path, b"{}", {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"})
            self.assertEqual(reply.status, 422, path)
        self.at("/account")

    def test_what_is_in_the_query_changes_nothing(self):
        self.signed_in()
        for path in PLACES:
            for query in ("done=saved", "done=" + urllib.parse.quote(HOSTILE), "done=%zz", "done=a&done=b", "do=delete&sure=yes",
                          "x" * 900):
                page = self.person.visit(path + "?" + query)
                self.expect_page(page, path)
                self.assertNotIn("<script", page.text)
                self.assertEqual('role="status"' in page.text, query == "done=saved", (path, query))

    def test_the_pages_are_not_kept_and_not_framed(self):
        self.signed_in()
        for path in PLACES:
            headers = self.at(path).reply.headers
            self.assertEqual(headers["X-Frame-Options"], "DENY")
            self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])
            self.assertTrue(headers["Content-Security-Policy"].endswith("form-action 'self'"))

    def test_the_cookie_of_an_ended_session_does_nothing(self):
        self.signed_in()
        page = self.at("/account")
        other = Person(self.server.url)
        self.signed_in(other)
        self.press(self.at("/account/sessions", other), "others", other)
        page = self.press(page, "profile", first_name="Eve")
        self.assertEqual((page.title, page.status), (SIGN_IN, 200))
        self.assertEqual(self.person.cookies, {})
        self.assertIn('value="Ann"', self.at("/account", other).text)


class Profile(AccountCase):
    def setUp(self):
        super().setUp()
        self.signed_in()

    def test_names_are_saved(self):
        page = self.press(self.at("/account"), "profile", first_name="Zoë", surname="O'Hara")
        self.assertIn("It is saved.", words(page))
        self.assertEqual(page.path, "/account?done=saved")
        fields = forms_of(self.at("/account"))[0][1]
        self.assertEqual((fields["first_name"], fields["surname"]), ("Zoë", "O'Hara"))

    def test_what_can_not_be_saved_comes_back_with_what_was_typed(self):
        page = self.at("/account")
        wrong = self.again(self.press(page, "profile", username="  ", surname="Kept"), "/account", "can't be a user name", "username")
        self.assertIn('value="Kept"', wrong.text)
        self.again(self.press(page, "profile", first_name="x" * 300), "/account", "too long", "first_name")
        self.again(self.press(page, "profile", surname="a\u202eb"), "/account", "can't be shown", "surname")
        taken = self.signed_up(username="taken-name")
        self.again(self.press(page, "profile", username="taken-name"), "/account", "belongs to another", "username", 409)
        self.assertTrue(taken)
        self.assertIn('value="Ann"', self.at("/account").text)

    def test_what_was_typed_is_text(self):
        page = self.press(self.at("/account"), "profile", username=HOSTILE, first_name=HOSTILE, surname=HOSTILE)
        self.expect_page(page, "/account", 422)
        self.assertNotIn("<script", page.text)
        self.assertNotIn("<b x", page.text)
        saved = HOSTILE.replace("\u202e", "")
        self.assertIn("It is saved.", words(self.press(self.at("/account"), "profile", first_name=saved)))
        page = self.at("/account")
        self.assertNotIn("<script", page.text)
        self.assertEqual(forms_of(page)[0][1]["first_name"], saved)

    def test_a_field_that_is_missing_leaves_what_is_there(self):
        self.person.send("/account", {"do": "profile", "username": forms_of(self.at("/account"))[0][1]["username"], "surname": "New"})
        fields = forms_of(self.at("/account"))[0][1]
        self.assertEqual((fields["first_name"], fields["surname"]), ("Ann", "New"))

    def test_a_huge_field_comes_back_cut(self):
        page = self.press(self.at("/account"), "profile", username='"' * 4000)
        self.again(page, "/account", "can't be a user name", "username")

    def test_the_language_is_the_users(self):
        page = self.press(self.at("/account"), "language", language="de")
        self.assertEqual(page.title, "Ihr Konto")
        self.assertEqual(self.person.visit("/account/security").title, "Sicherheit")
        page = self.press(page, "language", language="")
        self.assertEqual(page.title, "Your account")
        for nonsense in ("../../etc", "x" * 40, "de_DE", "\u00e9"):
            self.again(self.press(self.at("/account"), "language", language=nonsense), "/account", "could not be read")

    def test_another_address_gets_a_link_and_nothing_changes_before_it_is_used(self):
        to = case.fresh_email()
        page = self.press(self.at("/account"), "email", new_email=to, current_password="wrong wrong")
        self.again(page, "/account", "password is wrong", "current_password")
        self.assertIn('value="%s"' % to, page.text)
        self.assertNotIn("wrong wrong", page.text)
        self.again(self.press(page, "email", new_email="nonsense", current_password=case.PASSWORD), "/account", "no email", "new_email")
        page = self.press(self.at("/account"), "email", new_email=to, current_password=case.PASSWORD)
        self.assertIn("on its way to the new address", words(page))
        self.assertIn(self.email, words(page))
        mail = self.client.get("/dev/mail?to=" + to).json
        mail = (mail["mails"] if isinstance(mail, dict) else mail)[-1]
        link = urllib.parse.urlsplit(mail["link"]).path
        done = self.person.send(link, {"sure": "yes"})
        self.assertEqual(done.status, 200)
        page = self.at("/account")
        self.assertIn(to, words(page))
        self.assertIn("It is confirmed.", words(page))

    def test_an_address_is_confirmed_by_a_mail(self):
        page = self.at("/account")
        self.assertIn("It is not confirmed yet.", words(page))
        page = self.press(page, "verify")
        self.assertIn("on its way to you", words(page))
        mail = self.client.get("/dev/mail?to=" + self.email).json
        self.assertEqual((mail["mails"] if isinstance(mail, dict) else mail)[-1]["kind"], "verify_email")


class Security(AccountCase):
    def setUp(self):
        super().setUp()
        self.signed_in(to="security")

    def test_a_new_password_ends_the_other_sessions(self):
        other = Person(self.server.url)
        self.signed_in(other)
        page = self.at("/account/security")
        self.again(self.press(page, "password", current_password="wrong wrong", new_password=WISHED), "/account/security",
                   "password is wrong", "current_password")
        weak = self.press(page, "password", current_password=case.PASSWORD, new_password="short")
        self.again(weak, "/account/security", "at least 8 characters", "new_password")
        self.assertNotIn("short", re.sub(r"<style.*?</style>", "", weak.text))
        page = self.press(page, "password", current_password=case.PASSWORD, new_password=WISHED)
        self.assertIn("Your password is changed", words(page))
        self.assertIn("The password was changed.", words(page))
        self.assertEqual(other.visit("/account").title, SIGN_IN)
        self.expect(self.client.login(self.email, WISHED), 200)

    def test_an_authenticator_is_set_up_and_asked_for_from_then_on(self):
        page = self.at("/account/security/totp")
        self.assertIn("<svg", page.text)
        self.assertEqual(self.client.post("/dev/totp", {"user": self.email}).status, 404, "nothing is stored yet")
        secret = re.search(r'id="totp-secret">([A-Z2-7]+)<', page.text).group(1)
        wrong = self.again(self.press(page, "confirm", totp="000000", name="My <telephone>"), "/account/security/totp",
                           "code is wrong", "totp")
        self.assertIn(secret, wrong.text, "the same secret: it was scanned already")
        self.assertIn("My &lt;telephone&gt;", wrong.text)
        now = self.client.get("/dev/clock").json["unix"]
        page = self.press(wrong, "confirm", totp=totp.code(secret, now))
        self.expect_page(page, "/account/security")
        self.assertIn("The authenticator is set up.", words(page))
        self.assertIn("My <telephone>", words(page))
        self.assertEqual(self.client.login(self.email).code, "second_factor_required")
        codes = self.press(page, "codes")
        self.assertEqual((codes.title, codes.status), ("Your recovery codes", 200), "the code just shown is proof enough")

    def test_an_offer_that_is_too_old_gives_way_to_another(self):
        page = self.at("/account/security/totp")
        first = re.search(r'id="totp-secret">([A-Z2-7]+)<', page.text).group(1)
        for nonsense in ("", "x", "pen_" + "A" * 100, "\u00e9"):
            page = self.press(page, "confirm", capsule=nonsense, totp="123456")
            self.again(page, "/account/security/totp", "scan the new one")
            self.assertNotIn(first, page.text)

    def test_recovery_codes_are_told_once_and_sign_in(self):
        self.with_totp()
        page = self.at("/account/security")
        self.assertIn("There are none.", words(page))
        page = self.press(page, "codes")
        self.expect_page(page, "Your recovery codes")
        codes = re.findall(r"<li><code>([0-9a-z]{5}-[0-9a-z]{5})</code></li>", page.text)
        self.assertEqual(len(set(codes)), 10)
        page = self.at("/account/security")
        self.assertIn("Codes that are left: 10.", words(page))
        self.assertFalse([code for code in codes if code in page.text])
        self.expect(self.client.post("/login", {"email": self.email, "password": case.PASSWORD, "recovery_code": codes[0]}), 200)
        self.assertIn("Codes that are left: 9.", words(self.at("/account/security")))

    def test_a_factor_is_removed_with_the_other_sessions(self):
        self.with_totp()
        other = Person(self.server.url)
        self.assertEqual(other.press(self.signed_in(other), totp=self.next_code()).title, PLACES["/account"])
        page = self.at("/account/security")
        page = self.press(page, "remove")
        self.assertIn("It is removed", words(page))
        self.assertEqual(other.visit("/account").title, SIGN_IN)
        self.expect(self.client.login(self.email), 200)

    def test_of_two_removals_of_one_factor_one_is_told_that_it_is_gone(self):
        self.with_totp()
        number = next(given["factor"] for _, given in forms_of(self.at("/account/security")) if given.get("do") == "remove")
        people = []
        for _ in range(4):
            one = Person(self.server.url)
            one.cookies = dict(self.person.cookies)
            people.append(one)
        with concurrent.futures.ThreadPoolExecutor(len(people)) as pool:
            pages = list(pool.map(lambda one: one.send("/account/security", {"do": "remove", "factor": number}), people))
        self.assertEqual(sorted(page.status for page in pages), [200, 404, 404, 404], [page.text for page in pages])
        self.assertEqual([page.title for page in pages], ["Security"] * 4)
        page = self.person.send("/account/security", {"do": "remove", "factor": number})
        self.again(page, "/account/security", "not there any more", status=404)
        for nonsense in ("0", "-1", "x", "99999999999", ""):
            page = self.person.send("/account/security", {"do": "remove", "factor": nonsense})
            self.again(page, "/account/security", "not there any more", status=404)

    def test_remembered_devices_are_forgotten(self):
        self.with_totp()
        body = {"email": self.email, "password": case.PASSWORD, "totp": self.next_code(), "remember": True}
        device = self.expect(self.client.post("/login", body), 200).json["device"]
        again = {"email": self.email, "password": case.PASSWORD, "device": device}
        self.expect(self.client.post("/login", again), 200)
        self.assertIn("All devices are forgotten", words(self.press(self.at("/account/security"), "devices")))
        self.expect(self.client.post("/login", again), 401, "second_factor_required")

    def test_after_the_window_a_change_leads_to_the_sign_in_and_back(self):
        self.with_totp()
        for path, fields in (("/account/security", {"do": "codes"}), ("/account/security", {"do": "remove", "factor": "1"}),
                             ("/account/security", {"do": "password", "current_password": case.PASSWORD, "new_password": WISHED}),
                             ("/account/data", {"do": "export"}),
                             ("/account/data", {"do": "delete", "sure": "yes", "current_password": case.PASSWORD})):
            self.client.advance(WINDOW + 1)
            page = self.person.send(path, fields)
            self.assertEqual(page.title, SIGN_IN, fields)
            self.assertIn("sign in once more", words(page))
            page = self.person.press(page, login=self.email, password=case.PASSWORD)
            self.assertEqual(page.title, FACTOR, fields)
            page = self.person.press(page, totp=self.next_code())
            self.assertEqual(page.title, PLACES[path], fields)
        self.assertIn("Telephone", words(self.at("/account/security")))
        self.expect_page(self.press(self.at("/account/security"), "codes"), "Your recovery codes")

    def test_the_password_alone_is_not_enough_where_there_is_a_factor(self):
        secret = self.with_totp()
        self.assertTrue(secret)
        other = self.logged_in_with_factor()
        self.assertTrue(other)
        self.client.advance(WINDOW + 1)
        self.assertEqual(self.person.visit("/account/security/totp").title, SIGN_IN)

    def logged_in_with_factor(self):
        body = {"email": self.email, "password": case.PASSWORD, "totp": self.next_code()}
        return self.expect(self.client.post("/login", body), 200).json["access_token"]

    def test_what_happened_is_told_in_words(self):
        self.with_totp(name="Telephone")
        self.person.headers = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
        page = self.at("/account/security")
        told = words(page)
        for sentence in ("The account was made.", "Telephone was set up.", "Signed in:"):
            self.assertIn(sentence, told)


class Sessions(AccountCase):
    FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}

    def setUp(self):
        super().setUp()
        self.signed_in(to="sessions")

    def test_each_session_is_told_with_device_and_place(self):
        other = Person(self.server.url, **self.FIREFOX)
        self.signed_in(other)
        self.logged_in(self.email)
        told = words(self.at("/account/sessions"))
        for text in ("Sessions: 3.", "this browser", "Firefox on Linux", "from 127.0.0.0/24", "Browser", "An application of this server"):
            self.assertIn(text, told)

    def test_one_session_is_ended_and_told_why(self):
        other = Person(self.server.url, **self.FIREFOX)
        self.signed_in(other)
        page = self.press(self.at("/account/sessions"), "end")
        self.assertIn("The session is ended.", words(page))
        self.assertIn("It was signed out.", words(page))
        self.assertIn("Sessions: 1.", words(page))
        self.assertEqual(other.visit("/account").title, SIGN_IN)

    def test_all_others_are_ended(self):
        tokens = self.logged_in(self.email)
        other = Person(self.server.url)
        self.signed_in(other)
        page = self.press(self.at("/account/sessions"), "others")
        self.assertIn("All other sessions are ended.", words(page))
        self.assertIn("It was ended with all other sessions.", words(page))
        self.assertEqual(other.visit("/account").title, SIGN_IN)
        self.expect(self.client.refresh(tokens["refresh_token"]), 401)

    def test_a_token_that_came_back_is_told(self):
        first = self.logged_in(self.email)["refresh_token"]
        second = self.rotated(first)["refresh_token"]
        self.rotated(second)
        self.client.advance(120)
        self.expect(self.client.refresh(first), 401, "refresh_token_reused")
        self.assertIn("A token that was used up came back.", words(self.at("/account/sessions")))

    def test_a_session_of_another_user_is_not_there(self):
        stranger = Person(self.server.url)
        self.signed_in(stranger, email=self.signed_up())
        mine = next(given["session"] for action, given in forms_of(self.with_two()) if given.get("do") == "end")
        page = stranger.send("/account/sessions", {"do": "end", "session": mine})
        self.again(page, "/account/sessions", "not there any more", status=404)
        for nonsense in ("", "x", "0" * 32, "g" * 32, HOSTILE):
            page = self.person.send("/account/sessions", {"do": "end", "session": nonsense})
            self.again(page, "/account/sessions", "not there any more", status=404)

    def with_two(self):
        other = Person(self.server.url)
        self.signed_in(other)
        return self.at("/account/sessions")

    def test_signing_out_ends_this_session(self):
        before = dict(self.person.cookies)
        page = self.press(self.at("/account"), "sign_out")
        self.assertEqual((page.title, page.status), ("You are signed out", 200))
        self.assertEqual(self.person.cookies, {})
        self.person.cookies = before
        self.assertEqual(self.person.visit("/account").title, SIGN_IN)


class Applications(AccountCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        client = case.Client(cls.server.url)
        client.post("/dev/users", {"email": "root@example.com", "password": case.PASSWORD, "is_superuser": True})
        root = client.login("root@example.com").json["access_token"]
        made = client.post("/admin/clients", {"client_id": "shop", "name": "Shop & <Sons>", "preset": "web", "redirect_uris": [CALLBACK],
                                              "post_logout_redirect_uris": [BYE], "scopes": ["openid", "profile", "email"]}, bearer=root)
        assert made.status == 201, made

    def setUp(self):
        super().setUp()
        self.signed_in(to="apps")

    def allow(self):
        page = self.person.visit("/authorize", response_type="code", client_id="shop", redirect_uri=CALLBACK, scope="openid email",
                                 state="s", code_challenge=CHALLENGE, code_challenge_method="S256")
        if page.outside is None:
            page = self.person.press(page, "allow")
        self.assertIn("code", page.answer)
        return page

    def test_what_was_allowed_is_told_and_withdrawn(self):
        self.assertIn("No application has access", words(self.at("/account/apps")))
        self.allow()
        page = self.at("/account/apps")
        for text in ("Shop & <Sons>", "Know who you are", "Read your email address"):
            self.assertIn(text, words(page))
        page = self.press(page, "withdraw")
        self.assertIn("It is withdrawn", words(page))
        self.assertIn("No application has access", words(page))
        page = self.person.send("/account/apps", {"do": "withdraw", "client": "shop"})
        self.again(page, "/account/apps", "not there any more", status=404)
        for nonsense in ("", HOSTILE, "x" * 3000):
            page = self.person.send("/account/apps", {"do": "withdraw", "client": nonsense})
            self.again(page, "/account/apps", "not there any more", status=404)


class Data(AccountCase):
    def setUp(self):
        super().setUp()
        self.signed_in(to="data")

    def test_a_copy_has_all_and_no_secret(self):
        secret = self.with_totp()
        copy = self.press(self.at("/account/data"), "export")
        self.assertEqual(copy.reply.headers["Content-Disposition"], 'attachment; filename="account.json"')
        self.assertEqual(copy.reply.headers["Cache-Control"], "no-store")
        told = copy.reply.json
        self.assertEqual(told["user"]["email"], self.email)
        self.assertEqual(told["second_factors"]["factors"][0]["kind"], "totp")
        self.assertEqual([one["current"] for one in told["sessions"]], [True])
        self.assertEqual(set(told), {"copied_at", "user", "second_factors", "sessions", "ended_sessions", "applications", "events"})
        for hidden in (secret, "$argon2", "salt", "hash"):
            self.assertNotIn(hidden, copy.text)

    def test_a_program_is_given_the_same_copy_and_both_count_for_the_day(self):
        access = self.logged_in(self.email)["access_token"]
        by_page = self.press(self.at("/account/data"), "export").reply.json
        by_program = self.expect(self.client.get("/users/me/data", bearer=access), 200).json
        for name in ("user", "second_factors", "applications", "events"):
            self.assertEqual(by_page[name], by_program[name])
        for _ in range(8):
            self.expect(self.client.get("/users/me/data", bearer=access), 200)
        self.expect(self.client.get("/users/me/data", bearer=access), 429, "too_many_attempts")
        page = self.press(self.at("/account/data"), "export")
        self.again(page, "/account/data", "too many attempts", status=429)

    def test_a_program_is_told_what_happened(self):
        access = self.logged_in(self.email)["access_token"]
        told = self.expect(self.client.get("/users/me/events", bearer=access), 200).json
        self.assertEqual([one["event"] for one in told["events"]], ["signed_in", "signed_in", "account_made"])
        older = self.expect(self.client.get("/users/me/events?before=" + told["events"][1]["id"], bearer=access), 200).json
        self.assertEqual(older["events"], told["events"][2:])

    def test_an_account_is_deleted_after_a_tick_and_the_password(self):
        page = self.at("/account/data")
        self.again(self.press(page, "delete", current_password=case.PASSWORD), "/account/data", "tick the box", "sure")
        self.again(self.press(page, "delete", sure="yes", current_password="wrong wrong"), "/account/data", "password is wrong",
                   "current_password")
        page = self.press(page, "delete", sure="yes", current_password=case.PASSWORD)
        self.assertEqual((page.title, page.status), ("Your account is deleted", 200))
        self.assertEqual(self.person.cookies, {})
        self.assertEqual(self.person.visit("/account").title, SIGN_IN)
        self.expect(self.client.login(self.email), 401)


class SharedKeys(AccountCase):
    """HS256: no sign-in for applications, but people have accounts."""
    KEYWORDS = {"env": {"SECRET_KEY": "0123456789abcdef0123456789abcdef", "ALGORITHM": "HS256"}}

    def test_the_pages_are_there(self):
        self.signed_in()
        self.at("/account")


if __name__ == "__main__":
    case.main()
