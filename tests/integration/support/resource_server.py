"""What every server that takes Pawl's tokens is held to: right ones in, all others out."""
import re
import subprocess

from support import case
from support.pawlctl import environment

# POST /dev/tokens makes them (docs/fixture.md). Not every verifier looks at typ and iat: those are told apart elsewhere.
FLAWS = ("not_yet_valid", "wrong_issuer", "wrong_audience", "bad_signature", "no_signature", "alg_none", "unknown_key",
         "forged", "wrong_alg")


class ResourceServerCase(case.ServerCase):
    def minted(self, **asked):
        """An access token made to order."""
        return self.expect(self.client.post("/dev/tokens", {"user": self.signed_up(), **asked}), 201).json["access_token"]

    def expect_right_tokens_only(self, api, path):
        """The answer to a login's token. Where there is none, or one that is wrong, the answer is 401."""
        self.expect(api.get(path), 401)
        self.expect(api.get(path, "nonsense"), 401)
        # Verifiers let the clocks differ: by 5 s express-oauth2-jwt-bearer, by 60 s Spring.
        self.expect(api.get(path, self.minted(expires_in=-90)), 401)
        for flaw in FLAWS:
            self.assertEqual(api.get(path, self.minted(flaw=flaw)).status, 401, flaw)
        return self.expect(api.get(path, self.logged_in()["access_token"]), 200)

    def expect_readme(self, readme, places):
        """The README's curl session as it stands, but for `places` {written: real}; what its last command prints."""
        block = re.search(r"^    curl .*(?:\n    .*)*", readme.read_text(), re.MULTILINE).group(0)
        for written, real in places.items():
            self.assertIn(written, block)
            block = block.replace(written, real)
        block = block.replace("curl -s ", "curl -sS --fail -w '\\n' ")
        done = subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", block], capture_output=True, text=True, timeout=60,
                              check=False, env=environment())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.strip().splitlines()[-1]
