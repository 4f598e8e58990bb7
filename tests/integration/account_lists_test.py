"""Long lists on the pages of an account, page by page, and the way from its sign-in to a sign-up and back."""
import re
import urllib.parse

from account_pages_test import HOSTILE, WISHED, AccountCase, words
from support import case


class Lists(AccountCase):
    def setUp(self):
        super().setUp()
        self.signed_in(to="sessions")

    def test_many_sessions_are_counted_and_the_page_stays_small(self):
        for n in range(40):
            self.expect(self.client.post("/login", {"email": self.email, "password": case.PASSWORD},
                                         headers={"User-Agent": ("<&\"'>" * 60)[:250]}), 200)
        page = self.at("/account/sessions")
        self.assertIn("Sessions: 41.", words(page))
        self.assertIn("Page 1 of 3", words(page))
        seen = []
        for number in (1, 2, 3):
            page = self.at("/account/sessions?page=%d" % number, path="/account/sessions")
            seen += re.findall(r'name="session" value="([0-9a-f]{32})"', page.text)
        self.assertEqual((len(seen), len(set(seen))), (40, 40), "each but this one, once")
        self.assertNotIn("Older", words(page))
        for nonsense in ("0", "-1", "x", "99999999999999999999", "", "1&page=2", HOSTILE):
            self.at("/account/sessions?page=" + urllib.parse.quote(nonsense, safe="&="), path="/account/sessions")
        self.press(page, "others")
        page = self.at("/account/sessions?ended=4", path="/account/sessions")
        self.assertIn("Page 4 of 4", words(page))
        page = self.at("/account/security?page=2", path="/account/security")
        self.assertIn("Page 2 of 3", words(page))
        self.assertIn("Signed in:", words(page))


class SigningUp(AccountCase):
    def test_who_has_no_account_signs_up_and_comes_back(self):
        page = self.person.visit("/sign-in", to="security")
        link = re.search(r'id="signup-link" href="([^"]*)"', page.text).group(1)
        self.assertEqual(link, "sign-up?to=security")
        page = self.person.visit("/" + link)
        page = self.person.press(page, email=case.fresh_email(), new_password=WISHED)
        back = re.search(r'id="signup-back" href="([^"]*)"', page.text).group(1)
        self.assertEqual(back, "sign-in?to=security")
        self.signed_in()
        self.assertNotIn("signup-link", self.person.visit("/sign-in", to="data", again="yes").text)


if __name__ == "__main__":
    case.main()
