"""A README in each folder of source/, of at most a page, and an opening comment in each header."""

import os

from tree import Finding

PAGE_LINES = 80


def check_readmes(tree):
    findings = []
    folders = {os.path.dirname(path) for path in tree.paths
               if path.startswith("source/") and os.path.basename(path) == "BUILD.bazel"}
    for folder in sorted(folders):
        # An extension is small; its README is optional.
        if folder.startswith("source/extensions/") and folder.count("/") >= 3:
            continue
        readme = folder + "/README.md"
        if readme not in tree.paths:
            findings.append(Finding(folder, 0, "no README.md: role, classes to know, invariants, what does not belong here"))
    for path in tree.paths:
        if path.startswith("source/") and path.endswith("/README.md"):
            lines = len(tree.text(path).splitlines())
            if lines > PAGE_LINES:
                findings.append(Finding(path, 0, f"{lines} lines; a folder's README has at most a page ({PAGE_LINES} lines)"))
    return findings


def check_headers(tree):
    findings = []
    for path in tree.cpp("source", "test"):
        if not path.endswith(".h"):
            continue
        lines = [line.strip() for line in tree.text(path).splitlines()]
        opening = next((line for line in lines if line and not line.startswith(("#pragma once", "#ifndef", "#define"))), "")
        if not opening.startswith(("//", "/*")):
            findings.append(Finding(path, 1, "a header opens with a comment: what it is for, its thread and owner, the order of calls"))
        if "#pragma once" not in lines and not any(line.startswith("#ifndef") for line in lines):
            findings.append(Finding(path, 1, "no #pragma once"))
    return findings


def check(tree):
    return check_readmes(tree) + check_headers(tree)
