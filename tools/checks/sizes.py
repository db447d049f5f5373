"""Sizes: lines of a file and of a function, virtual methods of an interface, parameters of a constructor.

The wished size may be passed by what size_exceptions.tsv lists (kind, place, size), up to the size at the very most. That
file may only shrink: an entry that is no longer needed, or larger than needed, is a finding, and so is one that the
first committed version of the file does not have.
"""

import os
import re
import subprocess

from tree import Finding, blocks, code_only, line_of

# kind: (wished, at the very most)
LIMITS = {
    "file": (400, 600),
    "test file": (800, 800),
    "function": (60, 100),
    "interface": (8, 8),
    "constructor": (6, 6),
}
UNITS = {
    "file": "lines",
    "test file": "lines",
    "function": "lines",
    "interface": "virtual methods",
    "constructor": "parameters",
}
EXCEPTIONS = "tools/checks/size_exceptions.tsv"


def _without_nested(code, block, all_blocks):
    """The body of a type with the bodies of what it contains blanked."""
    body = code[block.open_at + 1:block.close_at]
    offset = block.open_at + 1
    for inner in all_blocks:
        if block.open_at < inner.open_at and inner.close_at < block.close_at:
            start, end = inner.open_at + 1 - offset, inner.close_at - offset
            if inner.kind == "type":
                start = inner.head_start - offset
            body = body[:start] + re.sub(r"[^\n]", " ", body[start:end]) + body[end:]
    return body


def _closing(text, open_at):
    depth = 0
    for position in range(open_at, len(text)):
        if text[position] == "(":
            depth += 1
        elif text[position] == ")":
            depth -= 1
            if depth == 0:
                return position
    return len(text)


def count_parameters(text):
    """Parameters in the text between the brackets; commas inside brackets of any kind do not count."""
    if not text.strip() or text.strip() == "void":
        return 0
    depth, count = 0, 1
    for char in text.replace("->", "  "):
        if char in "([{<":
            depth += 1
        elif char in ")]}>":
            depth -= 1
        elif char == "," and depth == 0:
            count += 1
    return count


def measures(path, text):
    """All measured things of one C++ file: (kind, name, line, size)."""
    code = code_only(text)
    in_test = path.startswith("test/")
    result = [("test file" if in_test else "file", "", 0, len(text.splitlines()))]
    all_blocks = blocks(code)
    for block in all_blocks:
        line = line_of(code, block.head_start)
        if block.kind == "function":
            result.append(("function", block.name, line, line_of(code, block.close_at) - line + 1))
        elif block.kind == "type":
            body = _without_nested(code, block, all_blocks)
            virtuals = len(re.findall(r"\bvirtual\b(?!\s+~)", body))
            if re.search(r"\bvirtual\b[^;{]*=\s*0\s*;", body):
                result.append(("interface", block.name, line, virtuals))
            for match in re.finditer(r"(?:^|[;{}:\s])(?:explicit\s+)?" + block.name + r"\s*\(", body):
                open_at = match.end() - 1
                size = count_parameters(body[open_at + 1:_closing(body, open_at)])
                at = line_of(code, block.open_at + 1 + match.start())
                result.append(("constructor", block.name, at, size))
    return result


def _read_exceptions(text):
    entries = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            kind, place, size = line.split("\t")[:3]
            entries[(kind, place)] = int(size)
    return entries


def _first_version(root):
    """The exceptions as first committed; None where there is no history."""
    commits = subprocess.run(
        ["git", "-C", root, "log", "--diff-filter=A", "--format=%H", "--", EXCEPTIONS],
        capture_output=True, text=True, check=False)
    if commits.returncode or not commits.stdout.split():
        return None
    shown = subprocess.run(
        ["git", "-C", root, "show", commits.stdout.split()[-1] + ":" + EXCEPTIONS],
        capture_output=True, text=True, check=False)
    return _read_exceptions(shown.stdout) if shown.returncode == 0 else None


def check(tree, exceptions=None, first=None):
    if exceptions is None:
        exceptions = _read_exceptions(tree.text(EXCEPTIONS)) if EXCEPTIONS in tree.paths else {}
        first = _first_version(tree.root)
    findings, largest = [], {}
    for path in tree.cpp("source", "test"):
        for kind, name, line, size in measures(path, tree.text(path)):
            if size <= LIMITS[kind][0] and not exceptions:
                continue
            place = path + (":" + name if name else "")
            key = (kind, place)
            if size > largest.get(key, (0, 0))[0]:
                largest[key] = (size, line)
    for (kind, place), (size, line) in sorted(largest.items()):
        wished, most = LIMITS[kind]
        allowed = min(most, exceptions.get((kind, place), wished))
        if size > allowed:
            path, _, name = place.partition(":")
            what = f"{kind} {name}".strip()
            findings.append(Finding(path, line, f"{what} has {size} {UNITS[kind]}, at most {allowed}"))
    for (kind, place), size in sorted(exceptions.items()):
        actual = largest.get((kind, place), (0, 0))[0]
        if kind not in LIMITS:
            findings.append(Finding(EXCEPTIONS, 0, f"unknown kind {kind}"))
        elif actual <= LIMITS[kind][0]:
            findings.append(Finding(EXCEPTIONS, 0, f"{kind} {place} needs no exception any more: take the line out"))
        elif actual < size:
            findings.append(Finding(EXCEPTIONS, 0, f"{kind} {place} has shrunk to {actual}: write that"))
        if first is not None and size > first.get((kind, place), 0):
            findings.append(Finding(EXCEPTIONS, 0, f"{kind} {place} is new or has grown; this file may only shrink"))
    return findings
