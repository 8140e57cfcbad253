#!/usr/bin/env python3
"""Fails when a source file includes what its place in the tree forbids.

The tree is its own drawing: arrows point down only (ARCHITECTURE.md). This is
the drawing as a table, and the build fails when the code does not match it.

    include_direction.py [ROOT]     checks ROOT, the repository by default
"""

import pathlib
import re
import sys

# Directory: what it may include besides itself. Lowest first.
ALLOWED = {
    "proto": set(),
    "base": {"proto"},
    "pki": {"base", "proto"},
    "wire": {"pki", "base", "proto"},
    # Domains: none knows another, and none knows how anything travels.
    "collectors": {"base", "proto"},
    "disk": {"base", "proto"},
    "host": {"base", "proto"},
    "network": {"base", "proto"},
    # How /metrics is served, by the agent and the exporter.
    "metrics": {"wire", "pki", "collectors", "base", "proto"},
    # Programs: nothing includes them.
    "helper": {"disk", "host", "network", "base", "proto"},
    "exporter": {"metrics", "wire", "pki", "collectors", "base", "proto"},
    "agent": {"metrics", "wire", "pki", "collectors", "disk", "host", "network", "base", "proto"},
    "installer": {"wire", "pki", "base", "proto"},
    "ctl": {"wire", "pki", "base", "proto"},
}

# Libraries that belong to some directories only: an include's beginning, and where it may stand.
CONFINED = [
    ("boost/asio", {"wire", "metrics", "exporter", "agent", "installer", "ctl"}),
    ("boost/beast", {"wire", "agent", "installer", "ctl"}),
    ("sqlite3.h", {"installer"}),
    ("gtest/", set()),
    ("gmock/", set()),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def directory_of(path):
    """The directory of the tree that an included path belongs to, or None."""
    if path.startswith("joist/"):
        return "proto"
    first = path.split("/", 1)[0] if "/" in path else ""
    return first if first in ALLOWED or first == "tests" else None


def judge(directory, quote, path):
    """Why `directory` may not include `path`, or None."""
    for prefix, where in CONFINED:
        if path.startswith(prefix) and directory not in where:
            return f"{path} belongs to {', '.join(sorted(where)) or 'tests'} alone"
    if ".." in path.split("/"):
        return f'"{path}" goes up: includes are written from the root of the repository'
    target = directory_of(path)
    if target is None:
        if quote == '"':
            return f'"{path}" is not written from the root of the repository'
        return None
    if target != directory and target not in ALLOWED[directory]:
        may = ", ".join(sorted(ALLOWED[directory])) or "nothing else"
        return f"{directory}/ may include {may}; not {target}/"
    return None


def check(root):
    """Every violation under `root`, as file:line: why; and how many files were read."""
    found, files = [], 0
    for directory in ALLOWED:
        for source in sorted((root / directory).rglob("*")):
            if source.suffix not in {".h", ".cc"}:
                continue
            files += 1
            lines = source.read_text(encoding="utf-8", errors="replace").splitlines()
            for number, line in enumerate(lines, 1):
                match = INCLUDE.match(line)
                why = judge(directory, *match.groups()) if match else None
                if why:
                    found.append(f"{source.relative_to(root)}:{number}: {why}")
    return found, files


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    found, files = check(root)
    for line in found:
        print(line, file=sys.stderr)
    if files == 0:
        print(f"{root}: no source files found", file=sys.stderr)
    return 1 if found or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
