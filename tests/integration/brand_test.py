"""--brand-*: what pages, mails and the start make of it; and the pages in a real browser. PAWL_SCREENSHOTS=DIR keeps pictures."""
import os
import pathlib
import struct
import tempfile
import unittest
import zlib

from support import axe, case
from support.browser import Browser, installed
from support.pawld import refused_start
from support.person import Person

LOGO = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 32"><rect width="96" height="32" rx="6" fill="#8a1538"/>'
        '<circle cx="16" cy="16" r="8" fill="#fff"/></svg>')
BRAND = ("--brand-name", "Söhne & Co", "--brand-colour", "#8a1538")


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + b"\x8a\x15\x38" * width) * height
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class LogoCase(case.ServerCase):
    """A server with the picture that PICTURE gives: its name and bytes."""
    PICTURE = ("logo.svg", LOGO.encode())

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        cls.addClassCleanup(folder.cleanup)
        name, content = cls.PICTURE
        cls.logo = pathlib.Path(folder.name, name)
        cls.logo.write_bytes(content)
        cls.OPTIONS = (*cls.OPTIONS, "--brand-logo", str(cls.logo))
        super().setUpClass()


class BrandCase(LogoCase):
    OPTIONS = (*case.ServerCase.OPTIONS, *BRAND)


class Brand(BrandCase):
    def test_pages_have_name_logo_and_colours(self):
        page = Person(self.server.url).visit("/l/none")
        self.assertIn(" &middot; Söhne &amp; Co</title>", page.text)
        self.assertIn("<bdi>Söhne &amp; Co</bdi>", page.text)
        self.assertIn('src="../brand/logo"', page.text)
        logo = self.client.get("/brand/logo")
        self.assertEqual((logo.status, logo.headers["Content-Type"], logo.body.decode()), (200, "image/svg+xml", LOGO))
        self.assertIn("sandbox", logo.headers["Content-Security-Policy"])
        again = self.client.get("/brand/logo", **{"If-None-Match": logo.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        style = self.client.get("/pages.css")
        self.assertIn("--link: #8a1538; --on-link: #ffffff", style.body.decode())
        self.assertEqual(self.client.get("/pages.css", **{"If-None-Match": style.headers["ETag"]}).status, 304)

    def test_mails_have_name_and_colour(self):
        address = self.signed_up()
        self.expect(self.client.post("/password/forgot", {"email": address}), 202)
        mail = self.expect(self.client.get("/dev/mail?to=" + address), 200).json[-1]
        whole = self.expect(self.client.get("/dev/mail/" + mail["id"]), 200).json
        self.assertIn("background:#8a1538", whole["html"])
        self.assertIn("Söhne &amp; Co", whole["html"])
        self.assertIn("Söhne & Co (http", mail["text"])


class Start(unittest.TestCase):
    def test_what_is_not_legible_or_could_do_something_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            def file(content):
                handle, path = tempfile.mkstemp(dir=folder)
                with open(handle, "wb") as out:
                    out.write(content)
                return path
            for options, words in (
                    (("--brand-colour", "#ffcc00"), "is not legible"), (("--brand-colour-dark", "#8a1538"), "is not legible"),
                    (("--brand-colour", "red"), "six hex digits"), (("--brand-name", "a" * 65), "1 to 64 bytes"),
                    (("--brand-logo", "/nowhere.svg"), "can't be read"), (("--brand-logo", "/dev/zero"), "can't be read"),
                    (("--brand-logo", file(LOGO.replace("<rect", "<script/><rect").encode())), "element <script>"),
                    (("--brand-logo", file(b"GIF89a")), "neither a PNG nor an SVG"),
                    (("--brand-logo", file(png(2049, 1))), "width or height")):
                with self.subTest(options):
                    status, said = refused_start(*options)
                    self.assertEqual(status, 2, said)
                    self.assertIn(words, said)
                    self.assertIn(options[0], said)


class Png(LogoCase):
    PICTURE = ("logo.png", png(44, 44))

    def test_it_is_served_as_what_it_is(self):
        logo = self.client.get("/brand/logo")
        self.assertEqual((logo.headers["Content-Type"], logo.body), ("image/png", png(44, 44)))


@unittest.skipUnless(installed(), "chromium and chromium-driver are not installed")
class Look(BrandCase):
    def test_pages_are_accessible_in_its_colours(self):
        browser, script = Browser(), axe.source()
        self.addCleanup(browser.close)
        for theme, width in ((theme, width) for theme in ("light", "dark") for width in (320, 1280)):
            with self.subTest(theme=theme, width=width):
                browser.look(theme, width)
                for place in ("account", "sign-up"):  # forms with links and a button
                    browser.open(self.server.url + "/" + place)
                    self.assertEqual(axe.violations(browser, script), [])
                    self.assertLessEqual(browser.script("return document.documentElement.scrollWidth"), width)
                    self.assertGreater(browser.script("return document.querySelector('.mark').naturalWidth"), 0)
                    self.assertEqual(browser.complaints(), [])
                    if "PAWL_SCREENSHOTS" in os.environ:
                        browser.screenshot(os.path.join(os.environ["PAWL_SCREENSHOTS"],
                                                        "brand-%s-%s-%d.png" % (place.replace("/", "-"), theme, width)))


if __name__ == "__main__":
    case.main()
