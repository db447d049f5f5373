"""Names, calls and words that the tree does not have."""

import os
import re

from tree import CPP, Finding, code_only, line_of

_BAD_NAMES = {"utility", "utilities", "util", "utils", "common", "helper", "helpers", "misc", "manager", "managers"}
# Terms of xDS.
_GOOD_NAMES = ("http_connection_manager", "overload_manager", "HttpConnectionManager", "OverloadManager")

# Words that say "unfinished". Put together here, so that this file does not contain them.
_UNFINISHED = re.compile(r"\b(" + "|".join(
    ["TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK", "not imple" "mented", "unimple" "mented", "place" "holder", "st" "ub"]) + r")\b")
_MACHINE = re.compile(r"(?:^|[^A-Za-z0-9_.])/(?:wo" "rk|fa" "rm|ro" r"ot|tmp/we" r"ir|tmp/pro" r"be)/[A-Za-z.]")
_TEXT = (".md", ".tsv", ".py", ".bzl", ".bazel", ".sh", ".yaml", ".json", ".proto", ".txt", "") + CPP


class Rule:
    """One pattern over the code of some files."""

    def __init__(self, pattern, why, applies):
        self.pattern = re.compile(pattern)
        self.why = why
        self.applies = applies


def _source(path):
    return path.startswith("source/")


def _test(path):
    return path.startswith("test/")


def _outside_base(path):
    return not path.startswith("source/base/")


_RULES = [
    Rule(r"\babsl::(?:Mutex|MutexLock|CondVar|Notification)\b", "use the mutex of source/base: TSan sees through it",
         lambda path: True),
    Rule(r"\babsl::string_view\b", "headers outside source/base take std::string_view",
         lambda path: path.endswith(".h") and _outside_base(path)),
    Rule(r"\bstd::(?:mutex|shared_mutex|recursive_mutex|condition_variable(?:_any)?|lock_guard|unique_lock|scoped_lock)\b",
         "use the annotated mutex of source/base", _outside_base),
    Rule(r"\b(?:std::this_thread::)?sleep_for\b|\bsleep_until\b|\busleep\s*\(|\bnanosleep\s*\(|\babsl::SleepFor\b|(?<![\w.:>])sleep\s*\(",
         "a test does not sleep: use virtual time, or wait for the event", _test),
    Rule(r"\bDISABLED_\w+|\bGTEST_SKIP\b", "a test is not switched off", _test),
    Rule(r"\bMOCK_METHOD\d*\b", "fakes, not mocks", lambda path: True),
    Rule(r"\bthrow\b", "our code throws no exceptions", _source),
    Rule(r"\b(?:class|struct)\s+(?:\w+\s+)?\w+Impl\b", "an implementation says how it works, not that it is one",
         lambda path: True),
]


def _words(name):
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return {word.lower() for word in re.split(r"[_.\-]", spaced)}


def bad_name(name):
    """The word of `name` that says nothing, if it has one."""
    for good in _GOOD_NAMES:
        name = name.replace(good, "")
    found = _words(name) & _BAD_NAMES
    return sorted(found)[0] if found else None


def check_names(tree):
    findings = []
    for path in tree.paths:
        if path.split("/")[0] not in ("source", "test", "tools", "bazel"):
            continue
        for part in path.split("/"):
            word = bad_name(part)
            if word:
                findings.append(Finding(path, 0, f'"{word}" says nothing: name it by the noun that it defines'))
                break
    for path in tree.cpp("source", "test"):
        code = code_only(tree.text(path))
        for match in re.finditer(r"\b(?:class|struct|namespace)\s+([\w:]+)\s*(?:final\s*)?[:{]", code):
            word = bad_name(match.group(1).replace("::", "_"))
            if word:
                findings.append(Finding(path, line_of(code, match.start()), f'"{word}" in the name {match.group(1)} says nothing'))
    return findings


def check_calls(tree, catch_places=None):
    if catch_places is None:
        catch_places = _catch_places(tree)
    findings = []
    caught = set()
    for path in tree.cpp("source", "test"):
        code = code_only(tree.text(path))
        for rule in _RULES:
            if rule.applies(path):
                for match in rule.pattern.finditer(code):
                    findings.append(Finding(path, line_of(code, match.start()), f"{match.group(0)}: {rule.why}"))
        for match in re.finditer(r"\bcatch\s*\(", code):
            if path in catch_places:
                caught.add(path)
            elif _source(path):
                findings.append(Finding(path, line_of(code, match.start()),
                                        "catch outside of the files in tools/checks/catch_places.tsv"))
    for path in sorted(catch_places - caught):
        findings.append(Finding("tools/checks/catch_places.tsv", 0, f"{path} catches nothing: take the line out"))
    return findings


def _catch_places(tree):
    path = "tools/checks/catch_places.tsv"
    if path not in tree.paths:
        return set()
    return {line.split("\t")[0] for line in tree.text(path).splitlines() if line.strip() and not line.startswith("#")}


def check_words(tree):
    findings = []
    for path in tree.paths:
        if os.path.splitext(path)[1] not in _TEXT:
            continue
        text = tree.text(path)
        if path.split("/")[0] in ("source", "api", "test", "tools", "bazel", "examples", "docs", ".ci"):
            for match in _UNFINISHED.finditer(text):
                findings.append(Finding(path, line_of(text, match.start()), f'"{match.group(0)}": finish it, or say what is missing in docs/'))
        for match in _MACHINE.finditer(text):
            findings.append(Finding(path, line_of(text, match.start()), f"a path of one machine: {match.group(0).strip()}"))
    return findings


def check_comments(tree):
    """Comments are wrapped by hand, as tables and drawings stand in them."""
    findings = []
    for path in tree.cpp("source", "test"):
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if line.lstrip().startswith("//") and len(line) > 100:
                findings.append(Finding(path, number, f"a comment of {len(line)} columns: at most 100"))
    return findings


def check_build(tree):
    findings = []
    for path in tree.paths:
        if os.path.basename(path) == "BUILD.bazel" and path.startswith(("source/", "test/")):
            for match in re.finditer(r"\balwayslink\b|\bnative\.|^\s*cc_(?:library|test|binary)\(", tree.text(path), re.M):
                findings.append(Finding(path, line_of(tree.text(path), match.start()),
                                        f"{match.group(0).strip()}: use the rules of //bazel:weir.bzl and explicit registries"))
    return findings


def check(tree):
    return check_names(tree) + check_calls(tree) + check_words(tree) + check_comments(tree) + check_build(tree)
