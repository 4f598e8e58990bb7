"""A headless Chromium driven by plain WebDriver calls (W3C WebDriver), with a profile of its own that is thrown away."""
import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

CHROMEDRIVER, CHROMIUM = "chromedriver", "chromium"
WAIT_SECONDS_MAX = 60
TAB, ENTER = "\ue004", "\ue007"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the member that WebDriver names an element by


def installed():
    return bool(shutil.which(CHROMEDRIVER) and shutil.which(CHROMIUM))


class Browser:
    def __init__(self, *arguments):
        self.profile = tempfile.mkdtemp(prefix="pawl-browser-")
        self.driver = subprocess.Popen([CHROMEDRIVER, "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL)
        try:
            self.base = "http://127.0.0.1:%d" % self._port()
            options = {"binary": shutil.which(CHROMIUM), "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--window-size=1280,1400", "--user-data-dir=" + self.profile, *arguments]}
            session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
                "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
            self.base += "/session/" + session["sessionId"]
        except BaseException:
            self.close()
            raise

    def _port(self):
        for line in self.driver.stdout:
            found = re.search(rb"started successfully on port (\d+)", line)
            if found:
                return int(found.group(1))
        raise AssertionError("chromedriver did not start")

    def _call(self, method, path, body=None):
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=WAIT_SECONDS_MAX) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            raise LookupError(error.read().decode("utf-8", "replace")[:500]) from error

    def open(self, url):
        self._call("POST", "/url", {"url": url})

    def find(self, selector):
        """The first visible element, waited for."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while True:
            for element in self._call("POST", "/elements", {"using": "css selector", "value": selector}):
                try:
                    if self._call("GET", "/element/%s/displayed" % element[ELEMENT]):
                        return element[ELEMENT]
                except LookupError:  # redrawn in between
                    pass
            if time.monotonic() > deadline:
                raise AssertionError("no %s on the page:\n%s" % (selector, self.text("body")[:2000]))
            time.sleep(0.05)

    def text(self, selector):
        return self.script("const e = document.querySelector(arguments[0]); return e ? e.innerText : '';", selector)

    def click(self, selector):
        """A click by a person: scrolled to first, tried again while something lies over it."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while True:
            element = self.find(selector)
            self.script("arguments[0].scrollIntoView({block: 'center'})", {ELEMENT: element})
            try:
                return self._call("POST", "/element/%s/click" % element)
            except LookupError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def type(self, selector, text):
        self._call("POST", "/element/%s/value" % self.find(selector), {"text": text})

    def script(self, source, *arguments):
        return self._call("POST", "/execute/sync", {"script": source, "args": list(arguments)})

    def script_later(self, source, *arguments):
        """A script that gives its value to its last argument, a function."""
        return self._call("POST", "/execute/async", {"script": source, "args": list(arguments)})

    def _devtools(self, command, **parameters):
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def look(self, theme, width, height=1400):
        """From now on: as on a screen so wide, by a reader who prefers this `theme`, "light" or "dark"."""
        self._devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        self._devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def press(self, key):
        """One key, where the focus is."""
        strokes = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})

    def complaints(self):
        """What the console says of errors since the last call, refusals by the page's policy among them."""
        entries = self._call("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._call("GET", "/screenshot")))

    def close(self):
        if "/session/" in getattr(self, "base", ""):
            try:
                self._call("DELETE", "")
            except (OSError, LookupError):
                pass
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()
        shutil.rmtree(self.profile, ignore_errors=True)
