"""Each C++ test is a source of some target: one that no BUILD file names would never run."""

import fnmatch
import os
import re

from tree import Finding


def _package(path, tree):
    """The nearest folder above `path` that has a BUILD file; nothing when there is none."""
    folder = os.path.dirname(path)
    while folder and folder + "/BUILD.bazel" not in tree.paths:
        folder = os.path.dirname(folder)
    return folder


def _names(pattern, path):
    """Whether a file name or the pattern of a glob means `path`: its `*` ends at a slash."""
    steps, parts = pattern.split("/"), path.split("/")
    if "**" in steps:
        return fnmatch.fnmatchcase(parts[-1], steps[-1])
    return len(steps) == len(parts) and all(map(fnmatch.fnmatchcase, parts, steps))


def check(tree):
    findings = []
    for path in tree.cpp("test"):
        if not path.endswith(("_test.cc", "_fuzz.cc")):
            continue
        package = _package(path, tree)
        inside = os.path.relpath(path, package) if package else path
        # File names and the patterns of globs alike.
        named = re.findall(r'"([^"\n]+)"', tree.text(package + "/BUILD.bazel")) if package else []
        if not any(_names(pattern, inside) for pattern in named):
            findings.append(Finding(path, 0, f"no target of {package or 'any folder'} has it: it never runs"))
    return findings
