"""packaging/monitoring, held against what the server shows: rules, their unit cases, and the dashboard, by Debian's promtool."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from support.case import fresh_email, main
from support.http import Client
from support.pawld import ROOT, Pawld

HERE = ROOT / "packaging" / "monitoring"
RULES, CASES, DASHBOARD = (HERE / name for name in ("pawl-alerts.yml", "pawl-alerts-test.yml", "pawl-dashboard.json"))
NAME = r"\b(?:pawl|process)_[a-z0-9_]+"
# What the figures are made of: name, then the labels that are compared with =.
SELECTOR = re.compile(r"(%s)(?:\{([^}]*)\})?" % NAME)
COLUMNS = 24  # of a Grafana dashboard
# What a person looks up, so that neither an alert nor a panel has it: the last start, sizes in memory, sums of what has a panel.
LOOKED_UP = {"pawl_recovery_" + name for name in (
    "bytes_cut", "clean", "dropped", "families", "frames", "records", "seconds", "users")} | {"pawl_store_" + name for name in (
        "families_dropped_total", "family_buckets", "family_bytes", "login_names", "retired_pending", "slabs_given_back_total",
        "sweeps_total", "user_agents", "users_dropped_total")} | {
            "pawl_event_streams_opened_total", "pawl_events_sent_total", "pawl_log_batches_total", "pawl_log_records_total",
            "pawl_log_segments_created_total", "pawl_rehashes_total", "pawl_snapshot_bytes"}


def promtool(*arguments, text=None, cwd=HERE):
    done = subprocess.run(["promtool", *map(str, arguments)], cwd=cwd, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120, check=False)
    return done.returncode, done.stdout


def live_metrics():
    """The text of /metrics of a server that has met what the rules ask for: logins, good and bad, refreshes, one token twice, a
    webhook, and a page that is not there."""
    with tempfile.TemporaryDirectory() as folder:
        secret = os.path.join(folder, "secret")
        with open(secret, "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write("whsec_" + "A" * 43 + "=")
        with Pawld("--webhook", "http://localhost:1/hook", "--webhook-secret-file", secret) as server:
            client, email = Client(server.url), fresh_email()
            client.sign_up(email)
            client.login(email, "a wrong password")
            first = client.login(email).json["refresh_token"]
            second = client.refresh(first).json["refresh_token"]
            client.refresh(client.refresh(second).json["refresh_token"])
            assert client.refresh(first).status == 401
            client.get("/nowhere")
            return client.get("/metrics").body.decode()


def expressions_of_the_dashboard():
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    found = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    found += [annotation["expr"] for annotation in dashboard["annotations"]["list"]]
    found += [re.sub(r"label_values\((.*), (\w+)\)", r"group by (\2) (\1)", variable["definition"])
              for variable in dashboard["templating"]["list"] if "definition" in variable]
    return [expression.replace("$__rate_interval", "5m").replace("$instance", ".*") for expression in found]


def expressions_of_the_rules():
    """Each alert's name and its expression; the file is plain enough to be read without a YAML parser."""
    text = RULES.read_text(encoding="utf-8")
    return {name: expression for name, expression in
            re.findall(r"- alert: (\w+)\n +expr: (?:\|\n)?(.*?)\n +(?:for|labels): ", text, re.DOTALL)}


class Monitoring(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = live_metrics()
        cls.samples = [(name, dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))) for name, labels in
                       re.findall(r"^([a-z_0-9]+)(?:\{(.*)\})? ", cls.text, re.MULTILINE)]

    def need(self):
        if not shutil.which("promtool"):
            self.skipTest("no promtool: tools/install monitoring brings it")

    def unknown(self, expression):
        """What an expression asks for and /metrics does not show: names, and values of labels compared with =."""
        wrong = []
        for name, labels in SELECTOR.findall(expression):
            of_name = [found for shown, found in self.samples if shown == name]
            wanted = [pair for pair in re.findall(r'(\w+)="([^"]*)"', labels) if pair[0] not in ("job", "instance")]
            if not any(all(found.get(label) == value for label, value in wanted) for found in of_name):
                wrong.append(name + ("{%s}" % labels if of_name else ""))
        return wrong

    def test_promtool_finds_nothing_wrong_with_the_metrics(self):
        self.need()
        self.assertEqual(promtool("check", "metrics", text=self.text), (0, ""))

    def test_the_rules_are_sound(self):
        self.need()
        status, text = promtool("check", "rules", RULES)
        self.assertEqual(status, 0, text)
        self.assertIn("SUCCESS: %d rules found" % len(expressions_of_the_rules()), text)

    def test_each_alert_fires_and_stays_quiet_as_its_cases_say(self):
        self.need()
        status, text = promtool("test", "rules", CASES)
        self.assertEqual(status, 0, text)
        cases = CASES.read_text(encoding="utf-8")
        for name in expressions_of_the_rules():
            self.assertRegex(cases, r"# %s fires" % name)
            self.assertRegex(cases, r"# %s stays quiet" % name)
            self.assertIn('alertname="%s"' % name, cases)

    def test_an_alert_that_asks_for_more_or_less_fails_its_cases(self):
        self.need()
        whole, cases = RULES.read_text(encoding="utf-8"), CASES.read_text(encoding="utf-8")
        head, blocks = cases[:cases.index("  # ")], re.split(r"^(?=  # )", cases, flags=re.MULTILINE)[1:]
        parts = re.split(r"(?=\n      - alert: )", whole)[1:]
        self.assertEqual(len(parts), len(expressions_of_the_rules()))
        with tempfile.TemporaryDirectory() as folder:
            for part in parts:
                name, expression = re.search(r"alert: (\w+)\n +expr: (?:\|\n)?(.*?)\n +(?:for|labels): ", part, re.DOTALL).groups()
                figure = re.search(r"up\{.*?\}|" + NAME, expression).group(0)
                with open(os.path.join(folder, CASES.name), "w", encoding="utf-8") as file:
                    file.write(head + "".join(block for block in blocks if block.startswith("  # %s " % name)))
                for other in ("vector(1) > 2", "group by (instance) (%s)" % figure):  # never, and as soon as there is the figure
                    changed = re.sub(r"expr: (?:\|\n)?.*?\n( +(?:for|labels): )", "expr: %s\n\\1" % other, part, count=1, flags=re.DOTALL)
                    with open(os.path.join(folder, RULES.name), "w", encoding="utf-8") as file:
                        file.write(whole.replace(part, changed))
                    status, text = promtool("test", "rules", CASES.name, cwd=folder)
                    self.assertNotEqual(status, 0, "no case is against\n" + changed)
                    self.assertIn("FAILED", text)
                    self.assertNotIn("parse error", text)

    def test_what_rules_and_dashboard_ask_for_is_shown(self):
        rules = expressions_of_the_rules()
        self.assertGreater(len(rules), 15)
        asked = {name for expression in [*rules.values(), *expressions_of_the_dashboard()] for name, _ in SELECTOR.findall(expression)}
        self.assertGreater(len(asked), 40)
        wrong = {where: self.unknown(expression) for where, expression in
                 [*rules.items(), *((expression, expression) for expression in expressions_of_the_dashboard())]}
        self.assertEqual({where: names for where, names in wrong.items() if names}, {})

    def test_what_is_shown_has_an_alert_or_a_panel_or_is_looked_up(self):
        asked = " ".join([*expressions_of_the_rules().values(), *expressions_of_the_dashboard()])
        names = set(re.findall(r"^# TYPE (pawl_\S+)", self.text, re.MULTILINE))
        self.assertGreater(len(names), 70)
        self.assertEqual({name for name in names if not re.search(r"\b%s(_bucket|_sum|_count)?\b" % name, asked)}, LOOKED_UP)

    def test_a_name_or_a_label_that_is_not_shown_is_found(self):
        self.assertEqual(self.unknown('rate(pawl_logins_total{outcome="ok"}[5m]) / pawl_no_such_total'), ["pawl_no_such_total"])
        self.assertEqual(self.unknown('pawl_logins_total{outcome="fine"}'), ['pawl_logins_total{outcome="fine"}'])

    def test_the_dashboard_s_expressions_are_sound(self):
        self.need()
        expressions = expressions_of_the_dashboard()
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            json.dump({"groups": [{"name": "d", "rules": [{"record": "r%d" % i, "expr": e} for i, e in enumerate(expressions)]}]}, file)
            file.flush()
            status, text = promtool("check", "rules", file.name)
        self.assertEqual(status, 0, text)
        self.assertIn("SUCCESS: %d rules found" % len(expressions), text)

    def test_the_dashboard_s_panels_have_a_place_of_their_own(self):
        panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        taken = {}
        for panel in panels:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], COLUMNS, panel["title"])
            for cell in ((at["x"] + i, at["y"] + k) for i in range(at["w"]) for k in range(at["h"])):
                self.assertNotIn(cell, taken, "%s lies over %s" % (panel["title"], taken.get(cell)))
                taken[cell] = panel["title"]
            if panel["type"] != "row":
                self.assertEqual({target["datasource"]["uid"] for target in panel["targets"]}, {"${datasource}"})


if __name__ == "__main__":
    main()
