"""The files of the tree, and a small reader of C++ text, for the checks beside this file.

The reader knows comments, strings and braces; that is enough for lengths and counts, and it needs no compiler.
"""

import os
import re
import subprocess

CPP = (".cc", ".h")


class Finding:
    """One thing to mend: where, and what would be right."""

    def __init__(self, path, line, text):
        self.path = path
        self.line = line
        self.text = text

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}" if self.line else f"{self.path}: {self.text}"


class Tree:
    """The tracked and the new, not ignored files below `root`, read once each."""

    def __init__(self, root):
        self.root = root
        self.paths = sorted(self._list())
        self._texts = {}

    def _list(self):
        git = subprocess.run(
            ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, check=False)
        top = os.path.join(self.root, ".git")
        if git.returncode == 0 and os.path.exists(top):
            names = git.stdout.decode().split("\0")
            return {name for name in names if name and os.path.isfile(os.path.join(self.root, name))}
        found = set()
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if not name.startswith((".git", "bazel-"))]
            for name in files:
                found.add(os.path.relpath(os.path.join(folder, name), self.root))
        return found

    def text(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), "rb") as file:
                data = file.read()
            self._texts[path] = "" if b"\0" in data[:4096] else data.decode("utf-8", "replace")
        return self._texts[path]

    def cpp(self, *tops):
        """C++ files below the given top folders."""
        return [path for path in self.paths if path.endswith(CPP) and path.split("/")[0] in tops]


_LITERALS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^\s()\\]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'',
    re.S)


def code_only(text):
    """The text with comments and literals blanked; positions and line ends stay."""

    def blank(match):
        found = match.group(0)
        if found.startswith(("//", "/*")):
            return re.sub(r"[^\n]", " ", found)
        return found[0] + re.sub(r"[^\n]", " ", found[1:-1]) + found[-1]

    return _LITERALS.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


class Block:
    """A braced block: kind is "namespace", "type", "function" or "other"."""

    def __init__(self, kind, name, head_start, open_at):
        self.kind = kind
        self.name = name
        self.head_start = head_start
        self.open_at = open_at
        self.close_at = open_at


_TYPE = re.compile(r"\b(?:class|struct|union)\s+(?:\[\[[^\]]*\]\]\s*)*(?:[A-Z][A-Z0-9_]+\s*(?:\([^()]*\))?\s+)?(\w+)(?:\s+final)?\s*(?::[^:].*)?$", re.S)
_FUNCTION = re.compile(r"([~\w:]+|operator\s*\S{1,3})\s*\(")


def _kind(head):
    """What a block with this text before its brace is, and its name."""
    head = re.sub(r"^\s*#[^\n]*(?:\\\n[^\n]*)*", " ", head, flags=re.M).strip()
    head = re.sub(r"^(?:public|private|protected)\s*:", "", head).strip()
    if re.match(r"(?:inline\s+)?namespace\b", head) or head.startswith('extern "'):
        return "namespace", head.split()[-1] if head else ""
    if re.search(r"\benum\b", head):
        return "other", ""
    no_template = re.sub(r"^template\s*<.*?>\s*(?=class|struct|union|\w)", "", head, flags=re.S)
    if "(" not in no_template.split(":")[0] or re.match(r"(?:class|struct|union)\b", no_template):
        found = _TYPE.search(no_template)
        if found:
            return "type", found.group(1)
    if re.search(r"\)\s*(?:noexcept\s*)?:[^:]", head) and re.search(r"[\w>]\s*$", head):
        return "other", ""  # member_{x} in a constructor's list
    if "(" in head and not re.search(r"=\s*$", head):
        found = _FUNCTION.search(head)
        if found and "=" not in head[:found.start()].replace("operator==", ""):
            return "function", found.group(1)
    return "other", ""


def blocks(code):
    """All namespaces, types and functions of `code` (the output of code_only), in order of their opening."""
    found, stack = [], []
    start = 0  # where the head of the next block begins
    parens = 0
    saved = []
    for match in re.finditer(r"[{}();]", code):
        char, at = match.group(0), match.start()
        if char == "(":
            parens += 1
        elif char == ")":
            parens = max(0, parens - 1)
        elif char == "{":
            inside = stack and stack[-1].kind in ("function", "other")
            kind, name = ("other", "") if inside or parens else _kind(code[start:at])
            lead = len(code[start:at]) - len(code[start:at].lstrip())
            block = Block(kind, name, start + lead, at)
            stack.append(block)
            saved.append((parens, start))
            found.append(block)
            parens = 0
            start = at + 1
        elif char == "}":
            if stack:
                block = stack.pop()
                block.close_at = at
                parens, head = saved.pop()
                # After an initializer such as member_{x} the head of the constructor goes on.
                start = head if block.kind == "other" and not _ends_head(code, at) else at + 1
        elif not parens:
            start = at + 1
    return [block for block in found if block.kind != "other"]


def _ends_head(code, at):
    """Whether the brace at `at` ends a declaration, rather than one initializer of a constructor's list."""
    rest = code[at + 1:at + 200].lstrip()
    return not rest.startswith((",", "{"))
