#!/usr/bin/env python3
"""Writes grafana/*.json from source/.

    generate.py [--check]

--check writes nothing and fails where what is checked in is not what source/ gives.
"""

import argparse
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
OUTPUT = HERE / "grafana"
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE / "source"))

import agent  # noqa: E402  (found only now)
import disks  # noqa: E402
import fleet  # noqa: E402
import network  # noqa: E402
import node  # noqa: E402
import readiness  # noqa: E402
from panels import dashboard_json  # noqa: E402

DASHBOARDS = [each.DASHBOARD for each in (fleet, node, disks, network, readiness, agent)]


def generated():
    """Text by file name."""
    return {f"{dashboard.uid}.json": json.dumps(dashboard_json(dashboard), indent=1) + "\n"
            for dashboard in DASHBOARDS}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    wanted = generated()
    found = {path.name: path.read_text(encoding="utf-8") for path in OUTPUT.glob("*.json")}
    if parser.parse_args().check:
        wrong = [name for name in sorted(wanted | found) if wanted.get(name) != found.get(name)]
        for name in wrong:
            print(f"dashboards/grafana/{name} is not what dashboards/source gives: "
                  "run dashboards/generate.py", file=sys.stderr)
        return 1 if wrong else 0
    OUTPUT.mkdir(exist_ok=True)
    for name in found.keys() - wanted.keys():
        (OUTPUT / name).unlink()
    for name, text in wanted.items():
        (OUTPUT / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
