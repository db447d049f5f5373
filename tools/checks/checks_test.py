#!/usr/bin/env python3
"""Tests of the checks: each is shown a small bad sample that it must name, and a good one that it must pass."""

import json
import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import bans  # pylint: disable=wrong-import-position
import documents  # pylint: disable=wrong-import-position
import layers  # pylint: disable=wrong-import-position
import results  # pylint: disable=wrong-import-position
import sizes  # pylint: disable=wrong-import-position
import targets  # pylint: disable=wrong-import-position
import tree as tree_module  # pylint: disable=wrong-import-position


class SampleTree(tree_module.Tree):
    """A tree whose files are given as a dictionary."""

    def __init__(self, files):  # pylint: disable=super-init-not-called
        self.root = "/nowhere"
        self.paths = sorted(files)
        self._texts = dict(files)


def table():
    return layers.Layers(os.path.join(HERE, "layers.tsv"), os.path.join(HERE, "externals.tsv"))


def texts(findings):
    return [str(finding) for finding in findings]


class LayersTest(unittest.TestCase):
    """The layer table against includes and dependencies."""

    def includes(self, path, *included):
        text = "".join(f'#include "{name}"\n' for name in included)
        return texts(layers.check_includes(SampleTree({path: text}), table()))

    def test_table_names_only_rows_above(self):
        self.assertEqual([], table().errors)

    def test_row_that_points_down_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            rows = os.path.join(folder, "layers.tsv")
            with open(rows, "w", encoding="utf-8") as file:
                file.write("source/a\tb\nsource/b\ta\n")
            found = layers.Layers(rows, os.path.join(HERE, "externals.tsv")).errors
        self.assertEqual(["layers.tsv: source/a names b, which is not a row above it"], found)

    def test_upward_include_is_named_with_its_line(self):
        found = self.includes("source/http/message.h", "source/buffer/buffer.h", "source/proxy/session.h")
        self.assertEqual(1, len(found))
        self.assertTrue(found[0].startswith("source/http/message.h:2: http may not use proxy"))

    def test_allowed_includes_pass(self):
        self.assertEqual([], self.includes("source/upstream/pool.h", "source/http/h1/codec.h", "source/upstream/host.h"))
        self.assertEqual([], self.includes("source/server/server.h", "source/admin/stats.h", "source/config/proto/route.h"))

    def test_include_in_a_comment_passes(self):
        tree = SampleTree({"source/http/x.h": '// #include "source/proxy/session.h"\n/*\n#include "source/proxy/a.h"\n*/\n'})
        self.assertEqual([], layers.check_includes(tree, table()))

    def test_protos_stop_at_the_edge(self):
        self.assertEqual(1, len(self.includes("source/router/match.cc", "envoy/config/route/v3/route.pb.h")))
        self.assertEqual([], self.includes("source/config/proto/route.cc", "envoy/config/route/v3/route.pb.h"))

    def test_grpc_only_in_grpc_transport(self):
        self.assertEqual(1, len(self.includes("source/xds/client.cc", "grpcpp/grpcpp.h")))
        self.assertEqual([], self.includes("source/xds/grpc_transport.cc", "grpcpp/grpcpp.h"))

    def test_file_source_alone_may_use_schema(self):
        self.assertEqual(1, len(self.includes("source/xds/client.cc", "source/schema/document.h")))
        self.assertEqual([], self.includes("source/xds/file_source.cc", "source/schema/document.h"))

    def test_extension_sees_no_other_and_decodes_in_config_cc(self):
        folder = "source/extensions/http/cors"
        self.assertEqual([], self.includes(folder + "/config.cc", folder + "/cors.h", "source/config/proto/any.h"))
        self.assertEqual(1, len(self.includes(folder + "/cors.cc", "source/config/proto/any.h")))
        self.assertEqual(1, len(self.includes(folder + "/cors.cc", "source/extensions/http/router/router.h")))
        self.assertEqual(1, len(self.includes(folder + "/cors.cc", "source/upstream/host.h")))
        self.assertEqual([], self.includes("source/extensions/load_balancers/random/random.cc", "source/upstream/host.h"))

    def test_folder_without_a_row_is_named(self):
        self.assertIn("no row", self.includes("source/novel/thing.h")[0])

    def test_source_does_not_see_tests(self):
        self.assertEqual(1, len(self.includes("source/server/server.cc", "test/fakes/sim_loop.h")))

    def test_build_dependency_is_held_too(self):
        build = 'weir_library(\n    name = "http",\n    srcs = glob(["*.cc"]),\n    deps = [\n        "//source/proxy",\n    ],\n)\n'
        tree = SampleTree({"source/http/BUILD.bazel": build, "source/http/message.cc": ""})
        found = texts(layers.check_build_deps(tree, table()))
        self.assertEqual(1, len(found))
        self.assertTrue(found[0].startswith("source/http/BUILD.bazel:5: http may not use proxy"))

    def test_build_target_may_use_what_one_of_its_files_may(self):
        build = 'weir_library(name = "config", srcs = ["config.cc"], hdrs = ["config.h"], deps = ["//source/config/proto"])\n'
        self.assertEqual([], layers.check_build_deps(SampleTree({"source/extensions/http/cors/BUILD.bazel": build}), table()))
        build = build.replace("config.cc", "cors.cc").replace("config.h", "cors.h")
        self.assertEqual(1, len(layers.check_build_deps(SampleTree({"source/extensions/http/cors/BUILD.bazel": build}), table())))


class SizesTest(unittest.TestCase):
    """Lines, virtual methods, parameters."""

    def check(self, path, text, exceptions=None, first=None):
        return texts(sizes.check(SampleTree({path: text}), exceptions or {}, first))

    def test_long_file(self):
        self.assertEqual([], self.check("source/a/b.cc", "\n" * 400))
        self.assertEqual(["source/a/b.cc: file has 401 lines, at most 400"], self.check("source/a/b.cc", "\n" * 401))
        self.assertEqual([], self.check("test/a/b.cc", "\n" * 800))
        self.assertEqual(1, len(self.check("test/a/b.cc", "\n" * 801)))

    def test_long_function(self):
        def function(lines):
            return "namespace a {\nint Thing::Do(int x) const {\n" + "  x++;\n" * (lines - 2) + "}\n}\n"
        self.assertEqual([], self.check("source/a/b.cc", function(60)))
        self.assertEqual(["source/a/b.cc:2: function Thing::Do has 61 lines, at most 60"], self.check("source/a/b.cc", function(61)))

    def test_constructor_with_initializers_is_one_function(self):
        text = "A::A(int x)\n    : a_{x},\n      b_(x) {\n" + "  Go();\n" * 60 + "}\nvoid B() {\n}\n"
        self.assertEqual(["source/a/b.cc:1: function A::A has 64 lines, at most 60"], self.check("source/a/b.cc", text))

    def test_lambdas_and_braces_in_literals_do_not_end_a_function(self):
        text = "void A() {\n  auto f = [&](int x) { return x; };\n  s = \"}\"; c = '}'; // }\n" + "  Go();\n" * 60 + "}\n"
        self.assertEqual(1, len(self.check("source/a/b.cc", text)))

    def test_wide_interface(self):
        def interface(count):
            return "class A {\n public:\n  virtual ~A() = default;\n" + "  virtual void B() = 0;\n" * count + "};\n"
        self.assertEqual([], self.check("source/a/b.h", interface(8)))
        self.assertEqual(["source/a/b.h:1: interface A has 9 virtual methods, at most 8"], self.check("source/a/b.h", interface(9)))

    def test_constructor_parameters(self):
        text = "class A : public B {\n  explicit A(std::map<int, int> a, int b, int c,\n    int d, int e, F<int(int, int)> f%s);\n};\n"
        self.assertEqual([], self.check("source/a/b.h", text % ""))
        self.assertEqual(["source/a/b.h:2: constructor A has 7 parameters, at most 6"], self.check("source/a/b.h", text % ", int g"))

    def test_exception_allows_up_to_the_very_most(self):
        key = ("file", "source/a/b.cc")
        self.assertEqual([], self.check("source/a/b.cc", "\n" * 500, {key: 500}))
        self.assertEqual(1, len(self.check("source/a/b.cc", "\n" * 601, {key: 601})))

    def test_exceptions_only_shrink(self):
        key = ("file", "source/a/b.cc")
        self.assertIn("take the line out", self.check("source/a/b.cc", "\n" * 10, {key: 500})[0])
        self.assertIn("has shrunk to 450", self.check("source/a/b.cc", "\n" * 450, {key: 500})[0])
        self.assertIn("may only shrink", self.check("source/a/b.cc", "\n" * 500, {key: 500}, {})[0])
        self.assertIn("may only shrink", self.check("source/a/b.cc", "\n" * 500, {key: 500}, {key: 450})[0])
        self.assertEqual([], self.check("source/a/b.cc", "\n" * 500, {key: 500}, {key: 550}))


class BansTest(unittest.TestCase):
    """Names, calls, words."""

    def test_names_that_say_nothing(self):
        for name in ("string_utility.h", "common.cc", "test_helper.cc", "ConnectionManager", "misc", "HTTPUtils"):
            self.assertIsNotNone(bans.bad_name(name), name)
        for name in ("http_connection_manager.h", "HttpConnectionManager", "overload_manager", "commonmark.h", "managed.h"):
            self.assertIsNone(bans.bad_name(name), name)

    def test_file_and_class_names(self):
        tree = SampleTree({"source/a/helpers.h": "", "source/a/b.h": "class PoolManager {};\nstruct Pool final {};\n"})
        found = texts(bans.check_names(tree))
        self.assertEqual(2, len(found))
        self.assertIn("source/a/helpers.h", found[0])
        self.assertIn("source/a/b.h:1", found[1])

    def calls(self, path, text):
        return texts(bans.check_calls(SampleTree({path: text}), {"source/schema/yaml.cc"}))

    def test_calls(self):
        for path, text in (
                ("source/a/b.cc", "absl::Mutex m;"),
                ("source/a/b.cc", "std::mutex m;"),
                ("source/a/b.cc", "throw Bad();"),
                ("source/a/b.cc", "try { F(); } catch (const E& e) {}"),
                ("source/a/b.h", "void F(absl::string_view s);"),
                ("source/a/b.h", "class CodecImpl {};"),
                ("test/a/b.cc", "std::this_thread::sleep_for(x);"),
                ("test/a/b.cc", "usleep(3);"),
                ("test/a/b.cc", "TEST(A, DISABLED_B) {}"),
                ("test/a/b.cc", "MOCK_METHOD(void, F, ());"),
        ):
            found = [line for line in self.calls(path, text) if line.startswith(path)]
            self.assertEqual(1, len(found), text)

    def test_calls_that_are_fine(self):
        for path, text in (
                ("source/a/b.cc", "// std::mutex is not used here; we throw nothing\n"),
                ("source/a/b.cc", 'Log("catch (this)");'),
                ("source/base/mutex.h", "std::mutex mutex_;"),
                ("source/base/strings.h", "absl::string_view ToAbsl();"),
                ("source/a/b.cc", "absl::string_view s = x;"),
                ("test/a/b.cc", "loop.sleep(3); clock.Sleep(1);"),
                ("source/schema/yaml.cc", "try { F(); } catch (const E& e) {}"),
        ):
            self.assertEqual([], [line for line in self.calls(path, text) if line.startswith(path)], text)

    def test_catch_place_that_catches_nothing_is_stale(self):
        self.assertIn("catches nothing", self.calls("source/schema/yaml.cc", "int x;")[0])

    def test_words(self):
        tree = SampleTree({
            "source/a/b.cc": "// TO" + "DO: more\n",
            "source/a/c.cc": "int stubborn;\n",
            "docs/x.md": "run it in /ro" + "ot/build\n",
            "docs/y.md": "curl http://localhost/work/x and a/work/b\n",
        })
        found = texts(bans.check_words(tree))
        self.assertEqual(2, len(found))
        self.assertTrue(found[0].startswith("docs/x.md:1"))
        self.assertTrue(found[1].startswith("source/a/b.cc:1"))

    def test_comments(self):
        tree = SampleTree({"source/a/b.cc": "  // " + 95 * "x" + "\n  // " + 96 * "x" + "\nint y = " + 100 * "1" + ";\n"})
        self.assertEqual(["source/a/b.cc:2: a comment of 101 columns: at most 100"], texts(bans.check_comments(tree)))

    def test_build_files(self):
        tree = SampleTree({"source/a/BUILD.bazel": 'cc_library(name = "a")\nweir_library(name = "b", alwayslink = True)\n'})
        self.assertEqual(2, len(bans.check_build(tree)))


class DocumentsTest(unittest.TestCase):
    """READMEs and opening comments."""

    def test_folder_without_readme(self):
        tree = SampleTree({"source/a/BUILD.bazel": "", "source/b/BUILD.bazel": "", "source/b/README.md": "x\n",
                           "source/extensions/http/cors/BUILD.bazel": ""})
        found = texts(documents.check_readmes(tree))
        self.assertEqual(1, len(found))
        self.assertIn("source/a", found[0])

    def test_long_readme(self):
        self.assertEqual(1, len(documents.check_readmes(SampleTree({"source/a/README.md": "x\n" * 81}))))

    def test_header_opens_with_a_comment(self):
        good = SampleTree({"source/a/b.h": "// What it is for.\n#pragma once\n"})
        bad = SampleTree({"source/a/b.h": "#pragma once\n#include <x>\n"})
        unguarded = SampleTree({"source/a/b.h": "// What it is for.\nint x;\n"})
        self.assertEqual([], documents.check_headers(good))
        self.assertEqual(1, len(documents.check_headers(bad)))
        self.assertEqual(1, len(documents.check_headers(unguarded)))


class ResultsTest(unittest.TestCase):
    """Counting cases from a run's events."""

    def test_counts_cases_failures_and_targets_that_do_not_build(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "test.xml")
            results.write_junit(path, "suite", [("a", ""), ("b", "wrong\x01"), ("c", "")])

            def event(label, status):
                output = [{"name": "test.xml", "uri": "file://" + path}] if status != "TIMEOUT" else []
                return json.dumps({"id": {"testResult": {"label": label}},
                                   "testResult": {"status": status, "testActionOutput": output}})
            lines = [
                event("//a:flaky", "FAILED"),
                event("//a:flaky", "PASSED"),
                event("//a:slow", "TIMEOUT"),
                json.dumps({"id": {"targetCompleted": {"label": "//a:broken"}}, "completed": {}}),
                json.dumps({"id": {"targetCompleted": {"label": "//a:good"}}, "completed": {"success": True}}),
                "not json",
            ]
            passed, failed, bad = results.count_events(lines)
        self.assertEqual((2, 3), (passed, failed))
        self.assertEqual(["//a:slow", "//a:broken (does not build)"], bad)

    def test_no_events_is_a_failure(self):
        self.assertEqual(1, results.main(["count", "/nowhere/events.json"]))


class TargetsTest(unittest.TestCase):
    """Tests that no target has."""

    def test_a_test_without_a_target_is_named(self):
        found = texts(targets.check(SampleTree({
            "test/a/BUILD.bazel": 'srcs = glob(["*_test.cc"])',
            "test/a/globbed_test.cc": "",
            "test/a/inner/forgotten_test.cc": "",
            "test/b/BUILD.bazel": 'srcs = ["named_test.cc", "deep/er_fuzz.cc"]',
            "test/b/named_test.cc": "",
            "test/b/deep/er_fuzz.cc": "",
            "test/b/other_test.cc": "",
        })))
        self.assertEqual(["test/a/inner/forgotten_test.cc: no target of test/a has it: it never runs",
                          "test/b/other_test.cc: no target of test/b has it: it never runs"], found)


class Collector(unittest.TextTestResult):
    """Keeps each test's outcome for the JUnit file that Bazel reads."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.cases = {}

    def startTest(self, test):
        super().startTest(test)
        self.cases[test.id()] = ""

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.cases[test.id()] = self.failures[-1][1]

    def addError(self, test, err):
        super().addError(test, err)
        self.cases[test.id()] = self.errors[-1][1]


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(resultclass=Collector).run(suite)
    if "XML_OUTPUT_FILE" in os.environ:
        results.write_junit(os.environ["XML_OUTPUT_FILE"], "checks", sorted(result.cases.items()))
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
