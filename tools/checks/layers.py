"""The layer table (layers.tsv), held against every #include of source/ and every dependency of its BUILD files."""

import ast
import fnmatch
import os
import re

from tree import Finding, code_only, line_of

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.M)
_API_ROOTS = ("envoy/", "google/rpc/", "xds/", "udpa/", "weir/", "validate/")


def _rows(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                yield line.rstrip("\n").split("\t")


class Layers:
    """The table: rows in order, with what each allows."""

    def __init__(self, table, externals):
        self.errors = []
        self.rows = []  # (scope, set of folders and @libraries)
        self.folders = []  # plain folder rows, without "source/"
        self.libraries = [tuple(row) for row in _rows(externals)]
        known = {"@" + name for name, _, _ in self.libraries}
        for scope, uses in _rows(table):
            name = scope.removeprefix("source/")
            allowed = set()
            for word in uses.split():
                if word == "all":
                    allowed |= set(self.folders)
                elif word.startswith("-"):
                    allowed.discard(word[1:])
                elif word.startswith("@"):
                    if word not in known:
                        self.errors.append(f"layers.tsv: {scope} names {word}, which externals.tsv does not have")
                    allowed.add(word)
                else:
                    if word not in self.folders and word != "extensions":
                        self.errors.append(f"layers.tsv: {scope} names {word}, which is not a row above it")
                    allowed.add(word)
            self.rows.append((scope, allowed))
            if "*" not in scope:
                self.folders.append(name)

    def folder_of(self, path):
        """The row that a folder or file path belongs to ("http/h1" for source/http/h1/codec.cc); None when no row has it."""
        if path.startswith("api/") or path == "api":
            return "api"
        if path.startswith("source/extensions/") or path == "source/extensions":
            return "extensions"
        folder = path.removeprefix("source/")
        while folder:
            if folder in self.folders:
                return folder
            folder = os.path.dirname(folder)
        return None

    def allowed(self, path):
        """What the file at `path` may use."""
        own = self.folder_of(path)
        result = {own}
        for scope, uses in self.rows:
            if "*" not in scope:
                if scope.removeprefix("source/") == own:
                    result |= uses
            elif fnmatch.fnmatch(path, scope) or fnmatch.fnmatch(os.path.dirname(path), scope):
                result |= uses
        return result

    def library_of_include(self, included):
        for name, start, _ in self.libraries:
            if included.startswith(start) and (start.endswith("/") or included == start):
                return "@" + name
        return None

    def library_of_label(self, label):
        for name, _, own in self.libraries:
            if label == own:
                return "@" + name
        return None


def _used_by_include(layers, included):
    if included.startswith(("source/", "api/")):
        return layers.folder_of(os.path.dirname(included)) or included
    if included.startswith(_API_ROOTS) and included.endswith(".pb.h"):
        return "api"
    return layers.library_of_include(included)


def _may(layers, path, used, included_path):
    """Whether the file at `path` may use `used`; the text of the refusal otherwise."""
    allowed = layers.allowed(path)
    if used in allowed:
        same = layers.folder_of(path)
        if used != "extensions" or same != "extensions":
            return None
        # One extension does not see another.
        if os.path.dirname(path) == included_path or included_path.startswith(os.path.dirname(path) + "/"):
            return None
        return f"an extension may not use another one ({included_path})"
    names = " ".join(sorted(name for name in allowed if name))
    return f"{layers.folder_of(path)} may not use {used}; the layer table allows: {names}"


def check_includes(tree, layers):
    findings = [Finding("tools/checks/layers.tsv", 0, error) for error in layers.errors]
    for path in tree.cpp("source"):
        if layers.folder_of(path) is None:
            findings.append(Finding(path, 0, "the layer table has no row for this folder"))
            continue
        text = tree.text(path)
        blanked = code_only(text)
        for match in _INCLUDE.finditer(text):
            if blanked[match.start():match.end()].lstrip()[:1] != "#":
                continue
            included = match.group(2)
            line = line_of(text, match.start(2))
            if included.startswith("test/"):
                findings.append(Finding(path, line, "source/ may not include test/"))
                continue
            used = _used_by_include(layers, included)
            refusal = used and _may(layers, path, used, os.path.dirname(included))
            if refusal:
                findings.append(Finding(path, line, refusal))
    return findings


def _strings(node):
    return [(item.value, item.lineno) for item in ast.walk(node)
            if isinstance(item, ast.Constant) and isinstance(item.value, str)]


def _files_of(tree, folder, arguments):
    """The files below `folder` that the srcs and hdrs of one rule name; glob patterns are expanded."""
    files = []
    for name in ("srcs", "hdrs"):
        if name not in arguments:
            continue
        for value, _ in _strings(arguments[name]):
            if "*" in value:
                files += [path for path in tree.paths if fnmatch.fnmatch(path, f"{folder}/{value}")]
            else:
                files.append(f"{folder}/{value}")
    return files


def check_build_deps(tree, layers):
    findings = []
    for path in tree.paths:
        if not path.startswith("source/") or os.path.basename(path) not in ("BUILD.bazel", "BUILD"):
            continue
        folder = os.path.dirname(path)
        try:
            module = ast.parse(tree.text(path))
        except SyntaxError as error:
            findings.append(Finding(path, error.lineno or 0, "cannot be read as a BUILD file"))
            continue
        for call in [node for node in ast.walk(module) if isinstance(node, ast.Call)]:
            arguments = {word.arg: word.value for word in call.keywords}
            if "deps" not in arguments:
                continue
            files = _files_of(tree, folder, arguments) or [folder + "/BUILD.bazel"]
            for label, line in _strings(arguments["deps"]):
                findings += _check_label(layers, path, line, label, files)
    return findings


def _check_label(layers, path, line, label, files):
    target = label.removeprefix("//").split(":")[0]
    if label.startswith("//test"):
        return [Finding(path, line, "source/ may not depend on test/")]
    if label.startswith(("//source", "//api")):
        used = layers.folder_of(target) or target
    else:
        used = layers.library_of_label(label)
    if not used:
        return []
    refusals = [_may(layers, file, used, target) for file in files]
    # A target is allowed what one of its files is allowed.
    if all(refusals):
        return [Finding(path, line, refusals[0])]
    return []


def check(tree):
    here = os.path.join(tree.root, "tools/checks")
    layers = Layers(os.path.join(here, "layers.tsv"), os.path.join(here, "externals.tsv"))
    return check_includes(tree, layers) + check_build_deps(tree, layers)
