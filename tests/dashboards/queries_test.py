"""Goal: whoever imports the dashboards and rules sees data, and so does whoever owns dashboards
written for node_exporter.
Method: installer, helper and agent as the packages would start them, scraped by Debian's Prometheus
with our rules; every query is asked there. excuses.txt has what a host may lack.
Usage: queries_test.py BIN FAMILIES_TSV
"""

import collections
import csv
import glob
import json
import os
import pathlib
import re
import shutil
import sys
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from queries import RULE_FILES, panels, rules, selectors, variables_queried  # noqa: E402
from stack import Stack, free_port, wait_for  # noqa: E402

# What dashboards ask for and node_exporter leaves out unless told.
ASKED_FOR = ("interrupts", "processes", "systemd", "tcpstat")
SETTINGS = [("collector.systemd.enable-restarts-metrics", "true")]

BIN = ""
FAMILIES = pathlib.Path()
LATE_SECONDS = 15  # within which every slow source has been read once
PATIENCE_SECONDS = 60  # for a loaded machine; nothing here is a measurement

Excuse = collections.namedtuple("Excuse", "pattern lacks where")


def excuses():
    """excuses.txt: name pattern, and what the host lacks where such a metric is absent."""
    for number, line in enumerate((HERE / "excuses.txt").read_text(encoding="utf-8").splitlines(),
                                  1):
        if not line or line.startswith("#"):
            continue
        words = re.split(r"\s{2,}", line, maxsplit=2)
        where = f"excuses.txt:{number}"
        if len(words) != 3 or not re.match(r"(path|text):.|event$", words[1]):
            raise SystemExit(f"{where}: expected: pattern, what is lacking, reason")
        yield Excuse(re.compile(words[0]), words[1], f"{where}: {line}")


def text_of(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8")
    except OSError:  # as an attribute of sysfs that has no value
        return ""


class BadQuery(Exception):
    """What Prometheus says of it."""


class Prometheus:
    def __init__(self, stack):
        self.port = free_port(9090)
        config = stack.dir / "prometheus.yml"
        config.write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s",
                       "evaluation_interval": "1s"},
            "rule_files": [str(path) for path in RULE_FILES],
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
                for job, port in (("joist-agent", stack.metrics_port),
                                  ("joist-installer", stack.installer_metrics_port))],
        }), encoding="utf-8")
        self.process = stack.spawn("prometheus", [
            "prometheus", f"--config.file={config}", f"--storage.tsdb.path={stack.dir}/work/tsdb",
            f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"], user="nobody")

    def get(self, path, **parameters):
        """The API's data."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?" + urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code not in (400, 422):  # what is asked is not at fault
                raise
            raise BadQuery(json.load(error)["error"]) from error

    def ask(self, query):
        """The samples of this moment."""
        data = self.get("query", query=query)
        return [data] if data["resultType"] == "scalar" else data["result"]

    def has_scraped(self, times):
        try:
            counts = self.ask("min by (job) (count_over_time(up[5m])) and min by (job) (up == 1)")
        except OSError:  # not yet
            return False
        return len(counts) == 2 and all(int(one["value"][1]) >= times for one in counts)


class QueriesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.excuses = list(excuses())
        cls.stack = Stack(BIN, enabled_collectors=ASKED_FOR, collector_settings=SETTINGS)
        cls.addClassCleanup(cls.stack.__exit__)
        cls.stack.start_installer()
        cls.stack.start_helper()
        cls.stack.start_agent()
        cls.stack.join()
        cls.prometheus = Prometheus(cls.stack)
        # Rates need two samples, rules the scrape before them; some more for good measure.
        wait_for("Prometheus has scraped both", lambda: cls.prometheus.has_scraped(4),
                 PATIENCE_SECONDS, [cls.prometheus.process, cls.stack.agent, cls.stack.installer])
        cls.variables = {
            "cluster": ".*", "job": "joist-agent", "device": ".+", "__rate_interval": "1m",
            "instance": f"127.0.0.1:{cls.stack.metrics_port}"}
        cls.names = set(cls.prometheus.get("label/__name__/values"))

    def is_lacking(self, excuse):
        """Whether this host really lacks it. None: nobody can tell."""
        kind, _, what = excuse.lacks.partition(":")
        if kind == "path":
            return not glob.glob(what)
        if kind == "text":
            paths, _, pattern = what.partition(":")
            return not any(re.search(pattern, text_of(path), re.MULTILINE)
                           for path in glob.glob(paths))
        return None

    def excused(self, selector):
        """The excuse that holds for this selector's being empty."""
        for excuse in self.excuses:
            if excuse.pattern.match(selector) and self.is_lacking(excuse) is not False:
                return excuse
        return None

    def why_empty(self, query):
        """For a person: the selectors without data and without excuse, or that all have some."""
        empty = [selector for _, selector in selectors(query)
                 if not self.prometheus.ask(selector)]
        unexcused = [selector for selector in empty if not self.excused(selector)]
        if unexcused:
            return f"gives nothing, for there is no {', '.join(unexcused)}: {query}"
        if not empty and not self.excused(query):
            return f"gives nothing, though all it asks for is there: {query}"
        return ""

    def whats_wrong(self, asked):
        for where, query in asked:
            try:
                reason = "" if self.prometheus.ask(query) else self.why_empty(query)
            except BadQuery as error:
                reason = f"is refused by Prometheus: {error}: {query}"
            if reason:
                yield where, query, reason

    def check(self, asked):
        """That each (where, query) gives data, or has an excuse."""
        # What comes by a timer of its own, or with a second event, may come with a later scrape.
        deadline = time.monotonic() + LATE_SECONDS
        while wrong := list(self.whats_wrong(asked)):
            if time.monotonic() > deadline:
                break
            asked = [(where, query) for where, query, _ in wrong]
            time.sleep(1)  # a scrape
        self.assertFalse(wrong, "\n" + "\n".join(f"{where} {reason}" for where, _, reason in wrong))

    def test_every_panel_shows_something(self):
        self.check(list(panels(self.variables)))

    def test_every_variable_offers_something(self):
        for where, selector, label in variables_queried(self.variables):
            found = self.prometheus.get(f"label/{label}/values", **{"match[]": selector})
            if label != "cluster":  # only some people set it
                self.assertTrue(found, f"{where}: {selector}")

    def test_every_record_is_recorded(self):
        self.check([(where, rule[what]) for where, rule in rules() if "record" in rule
                    for what in ("expr", "record")])

    def test_every_alert_has_what_it_looks_at(self):
        # On a good host it does not fire, so that each of its selectors is asked for.
        self.check([(where, selector) for where, rule in rules() if "alert" in rule
                    for _, selector in selectors(rule["expr"])])

    def test_prometheus_evaluates_every_rule(self):
        groups = self.prometheus.get("rules")["groups"]
        self.assertEqual(sum(len(group["rules"]) for group in groups), len(list(rules())))
        for group in groups:
            for rule in group["rules"]:
                self.assertEqual(rule["health"], "ok", f"{rule['name']}: {rule.get('lastError')}")

    def test_every_name_that_known_dashboards_ask_for_is_there(self):
        if not FAMILIES.exists():
            self.skipTest(f"{FAMILIES} is not there")
        with FAMILIES.open(encoding="utf-8") as file:
            wanted = [family["family"] for family in csv.DictReader(file, delimiter="\t")
                      if any(family[column] for column in
                             ("dash1860", "mixin_alerts", "mixin_rules", "mixin_dash"))]
        self.assertGreater(len(wanted), 200)
        missing = [name for name in wanted if name not in self.names and not self.excused(name)]
        self.assertFalse(missing, "\n" + "\n".join(missing))

    def test_our_queries_ask_for_names_of_node_exporter(self):
        # What an excuse covers is never seen here, so that a wrong name would hide behind it.
        if not FAMILIES.exists():
            self.skipTest(f"{FAMILIES} is not there")
        with FAMILIES.open(encoding="utf-8") as file:
            known = {family["family"] for family in csv.DictReader(file, delimiter="\t")}
        asked = [*panels(self.variables), *((where, rule["expr"]) for where, rule in rules())]
        for where, query in asked:
            for name, _ in selectors(query):
                if name.startswith("node_"):
                    self.assertIn(name, known, where)

    def test_every_excuse_is_needed(self):
        # One that holds here though the data is there excuses what it need not.
        wrong = []
        for excuse in self.excuses:
            if self.is_lacking(excuse) is not True:
                continue
            there = [name for name in self.names if excuse.pattern.match(name)]
            if there:
                wrong.append(f"{excuse.where}: lacking here, and yet there is {', '.join(there)}")
        self.assertFalse(wrong, "\n" + "\n".join(wrong))


if __name__ == "__main__":
    BIN, FAMILIES = sys.argv[1], pathlib.Path(sys.argv[2])
    if os.geteuid() != 0 or not shutil.which("prometheus"):
        print("skipped: needs root, to give each program its user, and Debian's prometheus")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
