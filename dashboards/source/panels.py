"""What a dashboard is written with; turned into the JSON that Grafana 10 and 11 import.

Queries are PromQL with two words of ours: HOST stands for the selection of the variables at the
top of the dashboard, RATE for Grafana's rate interval. `queries` maps a legend to a query.
"""

import dataclasses

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24

# Selections: of many hosts at once, and of one.
MANY = 'cluster=~"$cluster", job=~"$job", instance=~"$instance"'
ONE = 'cluster=~"$cluster", job=~"$job", instance="$instance"'


@dataclasses.dataclass
class Panel:
    kind: str
    title: str
    queries: dict
    unit: str = "short"
    about: str = ""
    width: int = 8
    height: int = 8
    defaults: dict = dataclasses.field(default_factory=dict)
    custom: dict = dataclasses.field(default_factory=dict)
    overrides: list = dataclasses.field(default_factory=list)
    options: dict = dataclasses.field(default_factory=dict)
    transformations: list = dataclasses.field(default_factory=list)
    instant: bool = False


@dataclasses.dataclass
class Row:
    title: str
    panels: list


@dataclasses.dataclass
class Dashboard:
    uid: str
    title: str
    about: str
    rows: list
    one_host: bool = False
    device: str = ""  # a metric: offers its `device` labels as a variable


@dataclasses.dataclass
class Column:
    title: str
    query: str
    unit: str = "short"
    steps: list = None
    names: dict = None


def row(title, *panels):
    return Row(title, list(panels))


# ---- colours

def rising(*limits):
    """Green, and worse from each limit up."""
    colours = ("orange", "red") if len(limits) > 1 else ("red",)
    return [(None, "green"), *zip(limits, colours)]


def falling(*limits):
    """Red, and better from each limit up."""
    colours = ("orange", "green") if len(limits) > 1 else ("green",)
    return [(None, "red"), *zip(limits, colours)]


def _coloured(steps):
    steps = steps or [(None, "text")]
    return {"thresholds": {"mode": "absolute", "steps": [
        {"color": colour, "value": value} for value, colour in steps]}}


def _named(names):
    """{value: (text, colour)} as Grafana's value mapping."""
    return {"mappings": [{"type": "value", "options": {
        str(value): {"index": index, "text": text, "color": colour}
        for index, (value, (text, colour)) in enumerate(names.items())}}]} if names else {}


# ---- panels

def graph(title, unit, queries, below=None, stack=False, low=0, high=None, width=8, about=""):
    """Lines over time. `below` is drawn under the axis, for the other direction."""
    both = dict(queries)
    overrides = []
    for legend, query in (below or {}).items():
        overrides.append({"matcher": {"id": "byFrameRefID", "options": _ref(len(both))},
                          "properties": [{"id": "custom.transform", "value": "negative-Y"}]})
        both[legend] = query
    bounds = {} if low is None or below else {"min": low}
    if high is not None:
        bounds["max"] = high
    return Panel(
        "timeseries", title, both, unit, about, width, defaults=bounds, overrides=overrides,
        custom={"drawStyle": "line", "lineWidth": 1, "fillOpacity": 25 if stack else 8,
                "showPoints": "never", "spanNulls": False,
                "stacking": {"mode": "normal" if stack else "none", "group": "A"}},
        options={"legend": {"displayMode": "table", "placement": "bottom", "showLegend": True,
                            "calcs": ["mean", "max", "lastNotNull"]},
                 "tooltip": {"mode": "multi", "sort": "desc"}})


def stat(title, unit, query, steps=None, names=None, width=3, about="", legend="", text="auto"):
    """One figure of this moment, and how it came. `text`: "name" shows the legend instead."""
    return Panel("stat", title, {legend: query}, unit, about, width, 4,
                 defaults={**_coloured(steps), **_named(names)},
                 options={"colorMode": "value", "graphMode": "area", "textMode": text,
                          "justifyMode": "auto", "orientation": "auto",
                          "reduceOptions": {"calcs": ["lastNotNull"], "fields": "",
                                            "values": False}})


def bars(title, unit, queries, steps=None, low=0, high=None, width=8, about=""):
    """One bar for each series of this moment."""
    bounds = {"min": low} if high is None else {"min": low, "max": high}
    return Panel("bargauge", title, queries, unit, about, width, instant=True,
                 defaults={**_coloured(steps), **bounds},
                 options={"displayMode": "basic", "orientation": "horizontal",
                          "showUnfilled": True, "valueMode": "color",
                          "reduceOptions": {"calcs": ["lastNotNull"], "fields": "",
                                            "values": False}})


def states(title, queries, names, width=WIDTH, height=8, about=""):
    """A coloured band over time for each series."""
    return Panel("state-timeline", title, queries, "short", about, width, height,
                 defaults={**_coloured(None), **_named(names)},
                 custom={"fillOpacity": 75, "lineWidth": 0},
                 options={"mergeValues": True, "showValue": "never", "alignValue": "left",
                          "rowHeight": 0.85,
                          "legend": {"displayMode": "list", "placement": "bottom",
                                     "showLegend": False},
                          "tooltip": {"mode": "single", "sort": "none"}})


def table(title, columns, hide=(), width=WIDTH, height=9, about=""):
    """One line for each label set that the columns' queries have in common."""
    shown = {"Value": columns[0].title} if len(columns) == 1 else {
        f"Value #{_ref(index)}": column.title for index, column in enumerate(columns)}
    # What is excluded goes by the name from before it was renamed.
    before = {title: name for name, title in shown.items()}
    hidden = [before.get(name, name) for name in hide]
    overrides = []
    for column in columns:
        properties = [{"id": "unit", "value": column.unit}]
        if column.steps:
            properties += [{"id": "thresholds", "value": _coloured(column.steps)["thresholds"]},
                           {"id": "custom.cellOptions", "value": {"type": "color-text"}}]
        if column.names:
            properties += [{"id": "mappings", "value": _named(column.names)["mappings"]},
                           {"id": "custom.cellOptions", "value": {"type": "color-text"}}]
        overrides.append({"matcher": {"id": "byName", "options": column.title},
                          "properties": properties})
    overrides.append({"matcher": {"id": "byName", "options": "instance"}, "properties": [
        {"id": "links", "value": [{"title": "This host", "url": (
            "/d/joist-node?var-datasource=${datasource}&var-instance=${__value.raw}"
            "&${__url_time_range}")}]}]})
    return Panel(
        "table", title, {column.title: column.query for column in columns}, "short", about, width,
        height, instant=True, overrides=overrides,
        custom={"align": "auto", "filterable": True},
        options={"showHeader": True, "cellHeight": "sm"},
        transformations=[
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {
                "excludeByName": {name: True for name in ("Time", "__name__", *hidden)},
                "renameByName": shown}}])


# ---- JSON

def _ref(index):
    return chr(ord("A") + index)


def _query_json(index, legend, query, panel, select):
    is_table = panel.kind == "table"
    return {"refId": _ref(index), "datasource": SOURCE, "editorMode": "code",
            "expr": query.replace("HOST", select).replace("RATE", "$__rate_interval"),
            "legendFormat": "__auto" if is_table or not legend else legend,
            "format": "table" if is_table else "time_series",
            "instant": panel.instant, "range": not panel.instant}


def _panel_json(panel, number, x, y, select):
    colour = "palette-classic" if panel.kind == "timeseries" else "thresholds"
    shown = {
        "id": number, "type": panel.kind, "title": panel.title, "datasource": SOURCE,
        "gridPos": {"h": panel.height, "w": panel.width, "x": x, "y": y},
        "fieldConfig": {"defaults": {"unit": panel.unit, "color": {"mode": colour},
                                     **panel.defaults, "custom": panel.custom},
                        "overrides": panel.overrides},
        "options": panel.options,
        "targets": [_query_json(index, legend, query, panel, select)
                    for index, (legend, query) in enumerate(panel.queries.items())]}
    if panel.about:
        shown["description"] = panel.about
    if panel.transformations:
        shown["transformations"] = panel.transformations
    return shown


def _panels_json(rows, select):
    """Rows one under the other; panels from left to right, as many as fit."""
    shown, y = [], 0
    for each in rows:
        shown.append({"id": len(shown) + 1, "type": "row", "title": each.title, "collapsed": False,
                      "panels": [], "gridPos": {"h": 1, "w": WIDTH, "x": 0, "y": y}})
        x, y, deepest = 0, y + 1, 0
        for panel in each.panels:
            if x + panel.width > WIDTH:
                x, y, deepest = 0, y + deepest, 0
            shown.append(_panel_json(panel, len(shown) + 1, x, y, select))
            x, deepest = x + panel.width, max(deepest, panel.height)
        y += deepest
    return shown


def _variable(name, label, query, every):
    """`every`: what All stands for; one value only where it is None."""
    shown = {"name": name, "label": label, "type": "query", "datasource": SOURCE,
             "definition": query, "query": {"query": query, "refId": "Variable"}, "refresh": 2,
             "sort": 1, "hide": 0, "multi": every is not None, "includeAll": every is not None}
    if every is not None:
        shown |= {"allValue": every,
                  "current": {"selected": True, "text": ["All"], "value": ["$__all"]}}
    return shown


def _variables_json(dashboard):
    host = 'node_uname_info{cluster=~"$cluster", job=~"$job"}'
    shown = [
        {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus",
         "refresh": 1, "hide": 0, "multi": False, "includeAll": False},
        # All is everything, so that hosts without the label are in it.
        _variable("cluster", "Cluster", "label_values(node_uname_info, cluster)", ".*"),
        _variable("job", "Job", 'label_values(node_uname_info{cluster=~"$cluster"}, job)', ".+"),
        _variable("instance", "Host", f"label_values({host}, instance)",
                  None if dashboard.one_host else ".+"),
    ]
    if dashboard.device:
        select = ONE if dashboard.one_host else MANY
        shown.append(_variable("device", "Device",
                               f"label_values({dashboard.device}{{{select}}}, device)", ".+"))
    return {"list": shown}


def dashboard_json(dashboard):
    select = ONE if dashboard.one_host else MANY
    return {
        "uid": dashboard.uid, "title": dashboard.title, "description": dashboard.about,
        "tags": ["joist"], "schemaVersion": 38, "version": 1, "editable": True, "graphTooltip": 1,
        "refresh": "1m", "time": {"from": "now-3h", "to": "now"}, "timezone": "browser",
        "links": [{"type": "dashboards", "tags": ["joist"], "title": "Joist", "asDropdown": True,
                   "includeVars": True, "keepTime": True, "targetBlank": False,
                   "icon": "external link", "tooltip": "", "url": ""}],
        "annotations": {"list": []},
        "templating": _variables_json(dashboard),
        "panels": _panels_json(dashboard.rows, select),
    }
