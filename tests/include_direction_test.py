#!/usr/bin/env python3
"""That the include check lets through what is right and names what is wrong."""

import pathlib
import tempfile
import unittest

import include_direction


class Judge(unittest.TestCase):
    def assert_fine(self, directory, line):
        self.assertIsNone(self.why(directory, line), line)

    def assert_refused(self, directory, line):
        self.assertIsNotNone(self.why(directory, line), line)

    @staticmethod
    def why(directory, line):
        return include_direction.judge(directory, *include_direction.INCLUDE.match(line).groups())

    def test_lets_arrows_down_through(self):
        self.assert_fine("disk", '#include "base/result.h"')
        self.assert_fine("disk", '#include "disk/classify.h"')
        self.assert_fine("disk", '#include "joist/v1/disk.pb.h"')
        self.assert_fine("agent", '#include "wire/http.h"')
        self.assert_fine("agent", "#include <boost/asio/io_context.hpp>")
        self.assert_fine("base", "#include <string>")

    def test_refuses_arrows_up_and_across(self):
        self.assert_refused("base", '#include "disk/classify.h"')
        self.assert_refused("disk", '#include "network/plan.h"')
        self.assert_refused("disk", '#include "wire/http.h"')
        self.assert_refused("ctl", '#include "agent/loop.h"')
        self.assert_refused("helper", "#include <wire/http.h>")
        self.assert_refused("agent", '#include "tests/support/temp_dir.h"')

    def test_refuses_libraries_out_of_their_place(self):
        self.assert_refused("helper", "#include <boost/asio/ip/tcp.hpp>")
        self.assert_refused("disk", " #  include <boost/beast/http.hpp>")
        self.assert_refused("agent", "#include <gtest/gtest.h>")

    def test_refuses_paths_not_from_the_root(self):
        self.assert_refused("disk", '#include "classify.h"')
        self.assert_refused("disk", '#include "../base/result.h"')


class Check(unittest.TestCase):
    def test_names_file_and_line(self):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            (root / "base").mkdir()
            (root / "base" / "a.cc").write_text('\n#include "disk/plan.h"\n', encoding="utf-8")
            found, files = include_direction.check(root)
            self.assertEqual(files, 1)
            self.assertEqual(len(found), 1)
            self.assertTrue(found[0].startswith("base/a.cc:2: "), found[0])


if __name__ == "__main__":
    unittest.main()
