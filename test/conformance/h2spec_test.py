#!/usr/bin/env python3
"""Runs h2spec (a suite for HTTP/2 servers, a Go module pinned in h2spec/) against the running
proxy: in cleartext, once as HTTP/2 and once with the protocol found by its first bytes, and over
TLS with the protocol that ALPN chose. Fails when a case fails that passed before."""

import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import go_program  # noqa: E402
from certificates import Authority, server_socket  # noqa: E402
from running_proxy import Proxy  # noqa: E402

MODULE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "h2spec")
PACKAGE = "github.com/summerwind/h2spec/cmd/h2spec"
CASES = 145
# By codec_type and whether over TLS. A port that speaks both versions answers an invalid preface (3.5/2) in HTTP/1.1,
# 400 and a close, and that answer is no frame.
EXPECTED_PASSES = {("HTTP2", False): 145, ("AUTO", False): 144, ("AUTO", True): 145}


def run(h2spec, weir, codec, chain):
    with Proxy(weir, codec, chain=chain) as proxy:
        command = [h2spec, "-h", "127.0.0.1", "-p", str(proxy.port), "-o", "2"]
        done = subprocess.run(command + (["-t", "-k"] if chain else []),
                              capture_output=True, text=True, timeout=300)
        alive = proxy.running()
    counts = re.search(r"(\d+) tests, (\d+) passed", done.stdout)
    tests, passed = (int(counts[1]), int(counts[2])) if counts else (0, 0)
    print(f"codec_type {codec}{' over TLS' if chain else ''}: {passed} of {tests} cases pass")
    if alive and tests == CASES and passed >= EXPECTED_PASSES[codec, bool(chain)]:
        return True
    print(done.stdout[done.stdout.find("Failures:"):], done.stderr)
    print("the proxy runs" if alive else "the proxy has ended")
    return False


def main():
    weir = sys.argv[1]
    h2spec = go_program.built(MODULE, PACKAGE)
    with tempfile.TemporaryDirectory() as folder:
        secure = server_socket([Authority(folder).issue("edge")])
        results = [run(h2spec, weir, codec, secure if tls else "") for codec, tls in EXPECTED_PASSES]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
