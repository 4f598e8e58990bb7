"""A browser as far as sign-in pages need one: cookies, redirects, the first form of a page filled in and sent."""
import html
import http.client
import re
import urllib.parse

STEPS_MAX = 12


def attributes(tag):
    return {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)(?:="([^"]*)")?', tag)}


class Browser:
    def __init__(self, port):
        self.port, self.url, self.cookies = port, "http://127.0.0.1:%d" % port, {}

    def cookie(self):
        return "; ".join("%s=%s" % pair for pair in self.cookies.items())

    def request(self, method, url, body=None):
        """(status, Location or None, body)."""
        headers = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"} if body else {}
        headers.update({"Content-Type": "application/x-www-form-urlencoded"} if body else {})
        headers.update({"Cookie": self.cookie()} if self.cookies else {})
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, headers)
            reply = connection.getresponse()
            text = reply.read().decode("utf-8", "replace")
            for line in reply.headers.get_all("Set-Cookie", []):
                name, value = line.split(";")[0].split("=", 1)
                if not value or "max-age=0" in line.lower() or "01 jan 1970" in line.lower() or "01-jan-1970" in line.lower():
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = value
            return reply.status, reply.getheader("Location"), text
        finally:
            connection.close()

    def until(self, callback, path, fields):
        """Asks for `path`, follows redirects and sends each form with what `fields` has for it, until a redirect to
        `callback`: that URL."""
        method, url, body = "GET", self.url + path, None
        for _ in range(STEPS_MAX):
            status, location, text = self.request(method, url, body)
            if location:
                method, url, body = "GET", urllib.parse.urljoin(url, location), None
                if url.startswith(callback):
                    return url
                continue
            form = re.search(r"<form[^>]*>(.*?)</form>", text, re.DOTALL)
            if status != 200 or not form:
                raise RuntimeError("%s: %d %s" % (url, status, text[:500]))
            given = {}
            for tag in re.findall(r"<(?:input|button)[^>]*>", form.group(1)):
                has = attributes(tag)
                if has.get("name") and has["name"] not in given:  # of several buttons the first
                    given[has["name"]] = has.get("value") or fields.get(has["name"], "")
            method, body = "POST", urllib.parse.urlencode(given)
            url = urllib.parse.urljoin(url, attributes(form.group(0)[:form.group(0).index(">") + 1]).get("action") or url)
        raise RuntimeError("no end: " + url)
