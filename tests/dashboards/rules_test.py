"""Goal: the dashboards and rules are sound before any Prometheus runs them.
Method: promtool parses every query, and runs every alert on series that must and must not make it
fire; the JSON is what its source gives.
Usage: rules_test.py
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

sys.dont_write_bytecode = True
from rule_cases import CASES, RECORDED, RECORDED_FROM, Case  # noqa: E402
from queries import DASHBOARDS, RULE_FILES, dashboards, panels, rules, selectors  # noqa: E402

VARIABLES = {"cluster": ".*", "job": ".+", "instance": "host1:7444", "device": ".+",
             "__rate_interval": "1m"}


def run(*argv, **more):
    return subprocess.run([str(word) for word in argv], check=False, capture_output=True, text=True,
                          **more)


def minutes(duration):
    return int(duration[:-1]) * {"m": 1, "h": 60}[duration[-1]]


def hosts_of(case):
    """What the instances of a case begin with: an alert may have several."""
    return f"{case.alert} after {case.after}"


def series_of(case):
    """promtool's input: every host's series under an instance of its own."""
    count = minutes(case.after) + 1
    for group, hosts in (("bad", case.bad), ("good", case.good)):
        for number, host in enumerate(hosts):
            for series, values in host.items():
                name, _, labels = series.rstrip("}").partition("{")
                labels += f'{", " if labels else ""}instance="{hosts_of(case)} {group}{number}"'
                if "job=" not in labels:
                    labels += ', job="joist-agent"'
                yield {"series": f"{name}{{{labels}}}", "values": f"{values}x{count}"}


def expectations(case, alerts):
    """That exactly the right ones fire, and that what they say is filled in."""
    names = [case.alert, *case.also]
    firing = [
        {"labels": f'{{alertname="{name}", instance="{hosts_of(case)} bad{number}", '
                   f'severity="{alerts[name]["labels"]["severity"]}"}}', "value": 1}
        for name in names for number in range(len(case.bad))]
    firing_here = f'alertstate="firing", instance=~"{hosts_of(case)} .*"'
    yield {"expr": f"count by (alertname, instance, severity) (ALERTS{{{firing_here}}})",
           "eval_time": case.after, "exp_samples": firing}
    text = str(alerts[case.alert]["annotations"])
    for label in sorted(set(re.findall(r"\$labels\.(\w+)", text))):
        yield {"expr": f'count(ALERTS{{alertname="{case.alert}", {firing_here}, {label}!=""}})',
               "eval_time": case.after,
               "exp_samples": [{"labels": "{}", "value": len(case.bad)}]}


class RulesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.alerts = {rule["alert"]: rule for _, rule in rules() if "alert" in rule}

    def promtool(self, *argv, documents=()):
        """Runs promtool on files of these documents."""
        with tempfile.TemporaryDirectory(prefix="joist-rules-test.") as directory:
            paths = []
            for number, document in enumerate(documents):
                paths.append(pathlib.Path(directory, f"{number}.yaml"))
                paths[-1].write_text(yaml.safe_dump(document), encoding="utf-8")
            ran = run("promtool", *argv, *paths)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def test_promtool_takes_the_rules(self):
        self.promtool("check", "rules", "--lint-fatal", *RULE_FILES)

    def test_every_alert_says_how_bad_it_is_what_it_is_and_what_to_do(self):
        for where, rule in rules():
            with self.subTest(where):
                if "record" in rule:
                    self.assertRegex(rule["record"], r"^[a-z_]+:\w+:\w+$")
                    continue
                self.assertIn(rule["labels"]["severity"], ("warning", "critical"))
                self.assertIn("$labels.instance", rule["annotations"]["summary"])
                self.assertLess(len(rule["annotations"]["summary"]), 120)
                self.assertGreater(len(rule["annotations"]["description"]), 60)

    def test_every_alert_has_a_case(self):
        self.assertEqual(set(self.alerts), {case.alert for case in CASES})

    def test_alerts_fire_when_they_must_and_are_silent_otherwise(self):
        # Days are run in larger steps: evaluating is what takes the time. Below 5 minutes, for
        # which a rule remembers what it gave.
        long = [case for case in CASES if minutes(case.after) > 120]
        short = [case for case in CASES if minutes(case.after) <= 120]
        for step, cases in (("1m", short), ("4m", long)):
            self.promtool("test", "rules", documents=[{
                "rule_files": [str(path) for path in RULE_FILES],
                "evaluation_interval": step,
                "tests": [{"interval": "1m",
                           "input_series": [each for case in cases for each in series_of(case)],
                           "promql_expr_test": [each for case in cases
                                                for each in expectations(case, self.alerts)]}]}])

    def test_records_are_what_they_say(self):
        self.assertCountEqual(RECORDED, [rule["record"] for _, rule in rules() if "record" in rule])
        self.promtool("test", "rules", documents=[{
            "rule_files": [str(path) for path in RULE_FILES],
            "evaluation_interval": "1m",
            "tests": [{"interval": "1m",
                       "input_series": list(series_of(Case("", "10m", [RECORDED_FROM], []))),
                       "promql_expr_test": [
                           {"expr": f"round(sum({record}), 0.001)", "eval_time": "10m",
                            "exp_samples": [{"labels": "{}", "value": value}]}
                           for record, value in RECORDED.items()]}]}])


class DashboardsTest(unittest.TestCase):
    def test_what_is_checked_in_is_what_the_source_gives(self):
        ran = run(sys.executable, DASHBOARDS / "generate.py", "--check")
        self.assertEqual(ran.returncode, 0, ran.stderr)

    def test_every_query_parses(self):
        # A rule is the one thing promtool parses without a server.
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
            yaml.safe_dump({"groups": [
                {"name": where, "rules": [{"record": "joist:query", "expr": query}]}
                for where, query in panels(VARIABLES)]}, file)
            file.flush()
            ran = run("promtool", "check", "rules", file.name)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def test_no_variable_is_left(self):
        for where, query in panels(VARIABLES):
            self.assertNotIn("$", query, where)

    def test_names_are_unique_and_links_lead_somewhere(self):
        every = dashboards()
        self.assertGreaterEqual(len(every), 6)
        uids = [dashboard["uid"] for dashboard in every.values()]
        self.assertCountEqual(set(uids), uids)
        for file, dashboard in every.items():
            with self.subTest(file):
                self.assertEqual(file, dashboard["uid"] + ".json")
                ids = [panel["id"] for panel in dashboard["panels"]]
                self.assertCountEqual(set(ids), ids)
                for panel in dashboard["panels"]:
                    refs = [target["refId"] for target in panel.get("targets", [])]
                    self.assertCountEqual(set(refs), refs)
                for uid in re.findall(r"/d/([\w-]+)", str(dashboard)):
                    self.assertIn(uid, uids)

    def test_panels_do_not_overlap(self):
        for file, dashboard in dashboards().items():
            taken = {}
            for panel in dashboard["panels"]:
                place = panel["gridPos"]
                self.assertLessEqual(place["x"] + place["w"], 24, f"{file}: {panel['title']}")
                for x in range(place["x"], place["x"] + place["w"]):
                    for y in range(place["y"], place["y"] + place["h"]):
                        self.assertNotIn((x, y), taken, f"{file}: {panel['title']}")
                        taken[x, y] = panel["title"]

    def test_names_of_joist_are_in_the_programs(self):
        # Some are there only after an event, so that asking a running program would not do.
        quoted = set()
        tree = DASHBOARDS.parent
        for path in (path for module in ("agent", "exporter", "installer", "metrics")
                     for path in tree.glob(f"{module}/*.cc")):
            quoted |= set(re.findall(r'"(\w+)"', path.read_text(encoding="utf-8")))
        asked = [*panels(VARIABLES), *((where, rule["expr"]) for where, rule in rules())]
        for where, query in asked:
            for name, _ in selectors(query):
                # The installer prefixes its names, a histogram's end in what they hold.
                whole = re.sub(r"_seconds_(bucket|count|sum)$", "_seconds", name)
                if name.startswith("joist_"):
                    self.assertTrue({whole, whole.removeprefix("joist_installer_")} & quoted,
                                    f"{where}: {name}")

    def test_every_query_selects_by_the_variables(self):
        for where, query in panels({}):
            for name, selector in selectors(query):
                self.assertIn('cluster=~"$cluster"', selector, f"{where}: {name}")


if __name__ == "__main__":
    unittest.main()
