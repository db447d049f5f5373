"""Test results: writes JUnit files, and counts the cases that a Bazel run reports in its event file.

    results.py count EVENTS...   prints "N passed, N failed" over all event files, exit code 1 on any failure
"""

import json
import re
import sys
import urllib.parse
import xml.etree.ElementTree as xml


def write_junit(path, suite, cases):
    """Writes `cases`, pairs of a name and the text of its failure (empty: passed)."""
    top = xml.Element("testsuites")
    failures = sum(1 for _, text in cases if text)
    inner = xml.SubElement(top, "testsuite", name=suite, tests=str(len(cases)), failures=str(failures))
    for name, text in cases:
        case = xml.SubElement(inner, "testcase", name=name, classname=suite, status="run")
        if text:
            # XML has no control characters but these three.
            clean = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd]", "?", text)
            xml.SubElement(case, "failure", message=clean[:200]).text = clean
    xml.ElementTree(top).write(path, encoding="utf-8", xml_declaration=True)


def count_cases(path):
    """(passed, failed) of a JUnit file."""
    passed = failed = 0
    for case in xml.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.get("status") != "notrun":
            passed += 1
    return passed, failed


def count_events(lines):
    """(passed, failed, names of what failed) from a Bazel run's JSON event lines."""
    attempts, built_badly, aborted = {}, set(), False
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        identity = event.get("id", {})
        if "testResult" in identity:
            label = identity["testResult"]["label"]
            shard = identity["testResult"].get("shard", 1)
            attempts[(label, shard)] = event.get("testResult", {})
        elif "targetCompleted" in identity:
            if not event.get("completed", {}).get("success", False):
                built_badly.add(identity["targetCompleted"]["label"])
        elif "pattern" in identity and "aborted" in event:
            aborted = True
    passed, failed, bad = 0, 0, []
    for (label, _), result in sorted(attempts.items()):
        good, wrong = _cases_of(result)
        if result.get("status") != "PASSED":
            wrong = max(1, wrong)
            bad.append(label)
        passed += good
        failed += wrong
    without_result = sorted(built_badly - {label for label, _ in attempts})
    failed += len(without_result) + aborted
    return passed, failed, bad + [label + " (does not build)" for label in without_result]


def _cases_of(result):
    for output in result.get("testActionOutput", []):
        if output.get("name") == "test.xml":
            path = urllib.parse.unquote(urllib.parse.urlparse(output.get("uri", "")).path)
            try:
                return count_cases(path)
            except (OSError, xml.ParseError):
                break
    return (1, 0) if result.get("status") == "PASSED" else (0, 1)


def main(arguments):
    if len(arguments) < 2 or arguments[0] != "count":
        print(__doc__, file=sys.stderr)
        return 2
    passed = failed = 0
    for path in arguments[1:]:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                good, wrong, bad = count_events(file)
        except OSError:
            # Bazel did not even start.
            good, wrong, bad = 0, 1, [path]
        passed += good
        failed += wrong
        for label in bad:
            print(f"failed: {label}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
