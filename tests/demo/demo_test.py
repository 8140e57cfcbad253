#!/usr/bin/env python3
"""`./dev demo | head`: whoever reads leaves, and the demo ends without a word and leaves nothing.

    demo_test.py BIN
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

DEMO = pathlib.Path(__file__).resolve().parents[2] / "demo" / "demo.py"
BIN = None


def loop_files():
    return subprocess.run(["losetup", "-nO", "BACK-FILE"], check=True, capture_output=True,
                          text=True).stdout


class NobodyReads(unittest.TestCase):
    def test_ends_quietly_and_leaves_nothing(self):
        with tempfile.TemporaryDirectory(prefix="joist-demo-test.") as directory:
            os.chmod(directory, 0o755)
            demo = subprocess.Popen([sys.executable, DEMO, BIN], stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True,
                                    env={**os.environ, "TMPDIR": directory})
            for line in demo.stdout:
                if line.startswith("  /dev/loop"):
                    break
            demo.stdout.close()
            self.assertEqual(demo.wait(90), 141)
            self.assertEqual(demo.stderr.read(), "")
            demo.stderr.close()
            self.assertEqual(os.listdir(directory), [])
            # An agent of another test may look at one just now: the kernel waits for it.
            for _ in range(100):
                if directory not in (loops := loop_files()):
                    break
                time.sleep(0.1)
            self.assertNotIn(directory, loops)


if __name__ == "__main__":
    if os.geteuid() != 0 or not os.access("/dev/loop-control", os.W_OK):
        print("skipped: needs root and /dev/loop-control", file=sys.stderr)
        sys.exit(77)
    if missing := [name for name in ("mkfs.ext4", "pvcreate") if not shutil.which(name)]:
        print(f"skipped: no {' and no '.join(missing)}", file=sys.stderr)
        sys.exit(77)
    BIN = sys.argv.pop(1)
    unittest.main()
