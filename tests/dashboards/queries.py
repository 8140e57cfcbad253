"""The queries of dashboards/: of every panel, every variable and every rule."""

import json
import pathlib
import re

import yaml

DASHBOARDS = pathlib.Path(__file__).resolve().parents[2] / "dashboards"
RULE_FILES = sorted((DASHBOARDS / "prometheus").glob("*.yaml"))

KEYWORDS = {"and", "by", "group_left", "group_right", "ignoring", "offset", "on", "or", "unless",
            "without"}


def dashboards():
    """The parsed JSON by file name."""
    return {path.name: json.loads(path.read_text(encoding="utf-8"))
            for path in sorted((DASHBOARDS / "grafana").glob("*.json"))}


def filled_in(query, variables):
    """The query as Grafana sends it: longest names first, for one may begin with another."""
    for name in sorted(variables, key=len, reverse=True):
        query = query.replace(f"${name}", variables[name])
    return query


def panels(variables):
    """(where, query) of every panel's every query."""
    for file, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                yield (f"{file}: panel {panel['id']} {panel['title']!r} {target['refId']}",
                       filled_in(target["expr"], variables))


def variables_queried(variables):
    """(where, selector, label) of every variable that offers a label's values."""
    for file, dashboard in dashboards().items():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)",
                                               variable["query"]["query"]).groups()
                yield f"{file}: variable {variable['name']}", filled_in(selector, variables), label


def rules():
    """(where, rule) of every rule."""
    for path in RULE_FILES:
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            for rule in group["rules"]:
                yield f"{path.name}: {rule.get('alert') or rule['record']}", rule


def selectors(query):
    """The vector selectors of a query: name, and name with its matchers.

    Good for our own queries: label lists of `by`, `on` … are taken out first, functions have "(".
    """
    matcher_lists = re.findall(r"\{[^}]*\}", query)
    bare = re.sub(r"\{[^}]*\}", "{}", query)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    bare = re.sub(r"\[[^\]]*\]", "", bare)
    found = []
    remaining = iter(matcher_lists)
    for name, after in re.findall(r"([A-Za-z_:][\w:]*)\s*(\{\}|\()?", bare):
        matchers = next(remaining) if after == "{}" else ""
        if after != "(" and name not in KEYWORDS:
            found.append((name, name + matchers))
    return found
