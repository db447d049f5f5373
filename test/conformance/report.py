"""The table of docs/http1_conformance.md."""

import os

import proxies

HEADER = """# HTTP/1 cases on Weir and its peers

Made by `test/conformance/compare --write`: the cases of `test/conformance/h1_cases.jsonl` and `h1_response_cases.jsonl`
over real sockets on loopback, each with a client connection of its own and an upstream that keeps what it received.
Weir and Envoy run with the same bootstrap, the edge profile of [http1_choices.md](http1_choices.md); nginx and HAProxy
are configured alike (`test/conformance/proxies.py`). "Permitted" is an alternative that the RFC allows and the case
names. "MUST" counts misses where the level of the case is MUST.
"""


def _counts(verdicts, of):
    ids = {case.id for case in of}
    chosen = [verdict for name, verdict in verdicts.items() if name in ids]
    words = [verdict.word for verdict in chosen]
    must = sum(verdict.is_miss and verdict.level.startswith("MUST") for verdict in chosen)
    return [words.count("expected"), words.count("permitted"), words.count("missed"), must, words.count("not run")]


def _summary(runs, title, of):
    lines = [f"## {title}", "", "| | as expected | permitted | missed | of these MUST | not run |", "|---|---|---|---|---|---|"]
    for name, version, verdicts in runs:
        counts = " | ".join(str(count) for count in _counts(verdicts, of))
        lines.append(f"| {(name + ' ' + version).strip()} | {counts} |")
    return lines + [""]


def _details(runs, of):
    """The cases that somebody misses."""
    names = [name for name, _, _ in runs]
    lines = ["| case | level | what | " + " | ".join(names) + " |", "|---" * (3 + len(names)) + "|"]
    for case in of:
        verdicts = [verdicts[case.id] for _, _, verdicts in runs]
        if not any(verdict.is_miss for verdict in verdicts):
            continue
        cells = [f"**{verdict.detail}**" if verdict.is_miss else verdict.detail for verdict in verdicts]
        cells = [cell.replace("|", "\\|") for cell in cells]
        note = case.note.replace("|", "\\|").replace("\n", " ")
        lines.append(f"| {case.id} | {case.level} | {note} | " + " | ".join(cells) + " |")
    return lines + [""]


def render(runs, requests, responses):
    lines = [HEADER]
    lines += _summary(runs, "Requests", requests) + _summary(runs, "Responses", responses)
    lines += ["## Cases that somebody misses", "", "Misses are in bold.", ""]
    lines += _details(runs, requests + responses)
    return "\n".join(lines)


def write(text):
    with open(os.path.join(proxies.TREE, "docs", "http1_conformance.md"), "w", encoding="utf-8") as file:
        file.write(text.rstrip() + "\n")
