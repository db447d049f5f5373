#!/usr/bin/env python3
"""Runs testssl.sh, Debian's, against a listener with default settings. Fails at any finding above LOW about protocols, ciphers
or vulnerabilities; certificates are the test's own and are not judged."""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "conformance"))
from certificates import Authority, server_socket  # noqa: E402
from running_proxy import Proxy  # noqa: E402

# Protocols, cipher categories, server defaults' order, forward secrecy, vulnerabilities.
CHECKS = ["--protocols", "--std", "--server-preference", "--fs", "--vulnerable"]
BAD = {"MEDIUM", "HIGH", "CRITICAL", "FATAL"}
# What must have been looked at, so that a run that checks nothing is no success.
EXPECTED = {"SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3", "cipherlist_NULL", "cipherlist_3DES_IDEA", "PFS",
            "heartbleed", "CCS", "ROBOT", "secure_renego", "CRIME_TLS", "POODLE_SSL", "SWEET32", "LOGJAM", "BEAST", "RC4"}


def run(port, authority, folder):
    report = os.path.join(folder, "report.json")
    command = ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--add-ca", authority.pem,
               "--jsonfile", report, *CHECKS, f"localhost:{port}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=280,
                          env=dict(os.environ, HOME=folder, TERM="dumb"))
    with open(report) as file:
        return json.load(file), done.stdout


def main():
    weir = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        identities = [authority.issue("edge"), authority.issue("edge", "RSA")]
        with Proxy(weir, chain=server_socket(identities)) as proxy:
            findings, text = run(proxy.port, authority, folder)
            alive = proxy.running()
    missing = EXPECTED - {finding["id"] for finding in findings}
    bad = [finding for finding in findings if finding["severity"] in BAD]
    for finding in bad:
        print(f"{finding['severity']} {finding['id']}: {finding['finding']}")
    if missing:
        print(f"not looked at: {', '.join(sorted(missing))}\n{text}")
    print(f"{len(findings)} findings, {len(bad)} above LOW; the proxy {'runs' if alive else 'has ended'}")
    sys.exit(0 if alive and not bad and not missing else 1)


if __name__ == "__main__":
    main()
