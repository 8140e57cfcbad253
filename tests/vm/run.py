#!/usr/bin/env python3
"""Runs scenarios in booted, emulated Debian machines that have our packages installed.

    run.py PACKAGES WORK [SCENARIO...]

A scenario is a module in scenarios/ with a function run(machine); it fails by raising. Each gets a
machine of its own, resumed from one saved state. The first run makes the image, which takes some
minutes; what it is made of decides when it is made again.
"""

import importlib
import pathlib
import shutil
import sys
import time
import traceback

from image import make_image
from machine import boot_once, resumed

HERE = pathlib.Path(__file__).resolve().parent


def all_scenarios():
    return sorted(path.stem for path in (HERE / "scenarios").glob("*.py"))


def run(name, image, state, work):
    began = time.monotonic()
    failure = ""
    try:
        with resumed(image, state, work) as machine:
            importlib.import_module(f"scenarios.{name}").run(machine)
    except Exception:  # whatever it is, the others run too
        failure = traceback.format_exc()
    print(f"{'FAILED' if failure else 'ok':<8}{name}  {time.monotonic() - began:.0f} s", flush=True)
    if failure:
        print(failure, file=sys.stderr)
        print(f"its console is {work}/console.log", file=sys.stderr)
    else:
        shutil.rmtree(work)
    return not failure


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    packages, work = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    names = sys.argv[3:] or all_scenarios()
    if unknown := set(names) - set(all_scenarios()):
        raise SystemExit(f"no such scenario: {', '.join(sorted(unknown))}; "
                         f"there are {', '.join(all_scenarios())}")
    work.mkdir(parents=True, exist_ok=True)
    image = make_image(packages, work)
    state = boot_once(image, work / "vm-boot")
    good = [run(name, image, state, work / f"vm-run-{name}") for name in names]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
