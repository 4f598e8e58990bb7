"""A person at a browser without scripts, as far as the pages of the server need one: keeps cookies, reads forms, presses
buttons, follows redirects as long as they stay at the server."""
import html
import re
import urllib.parse

from support.http import Client

STEPS_MAX = 10
BUTTON = {"allow": "consent-allow", "deny": "consent-deny", "continue": "select-continue", "other": "select-other",
          "yes": "signout-yes", "no": "signout-no"}


def attributes(tag):
    return {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)(?:="([^"]*)")?', tag)}


class Page:
    """What was answered last: a page, or (`outside`) the address of another server that it leads to."""

    def __init__(self, reply, path):
        self.reply, self.status, self.path = reply, reply.status, path
        self.text = reply.body.decode()
        self.outside = None
        found = re.search(r"<title>([^<]*)", self.text)
        self.title = html.unescape(found.group(1)) if found else None
        form = re.search(r"<form[^>]*>", self.text)
        self.action = attributes(form.group())["action"] if form else None
        self.fields = {}
        for tag in re.findall(r"<input[^>]*>", self.text):
            given = attributes(tag)
            if given.get("name"):
                self.fields[given["name"]] = given.get("value", "")
        self.buttons = {given.get("id"): given for given in map(attributes, re.findall(r"<button[^>]*>", self.text))}

    @property
    def answer(self):
        """The parameters that the client was given: in its redirect URI, or in the form that posts itself."""
        if self.outside is None:
            return self.fields
        parts = urllib.parse.urlsplit(self.outside)
        return dict(urllib.parse.parse_qsl(parts.query or parts.fragment, strict_parsing=True))


class Person:
    def __init__(self, url, **headers):
        self.url, self.client, self.cookies, self.headers = url, Client(url), {}, headers

    def request(self, method, path, body=None, headers=None):
        sent = {**self.headers, **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join("%s=%s" % pair for pair in self.cookies.items())
        reply = self.client.request(method, path, body, sent)
        for line in reply.headers.get_all("Set-Cookie", []):
            name, value = line.split(";")[0].split("=", 1)
            if value and "Max-Age=0" not in line:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return reply

    def follow(self, reply, path):
        """Redirects, as long as they stay here."""
        for _ in range(STEPS_MAX):
            if reply.status != 303:
                return Page(reply, path)
            target = urllib.parse.urljoin(self.url + path, reply.headers["Location"])
            if not target.startswith(self.url + "/"):
                page = Page(reply, path)
                page.outside = target
                return page
            path = target[len(self.url):]
            reply = self.request("GET", path)
        raise AssertionError("redirects without an end at " + path)

    def visit(self, path, **query):
        path += "?" + urllib.parse.urlencode(query, doseq=True) if query else ""
        return self.follow(self.request("GET", path), path)

    def send(self, path, fields, **headers):
        """As a form of a page of this server."""
        own = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        body = urllib.parse.urlencode(fields).encode()
        sent = {**own, **headers}
        return self.follow(self.request("POST", path, body, {name: value for name, value in sent.items() if value}), path)

    def press(self, page, choice=None, **fields):
        path = urllib.parse.urljoin(page.path, page.action)
        given = {**page.fields, **fields}
        if choice:
            button = page.buttons[BUTTON[choice]]
            given[button["name"]] = button["value"]
        return self.send(path, given)

    def sign_in(self, page, login, password):
        return self.press(page, login=login, password=password)
