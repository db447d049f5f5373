#!/usr/bin/env python3
"""Replays the requests of h2_cases.jsonl over a real socket against the running proxy, before an
upstream that records what it received. The same cases run in memory in test/http/h2 (the codec) and
test/scenario (the whole proxy, answers of upstreams too)."""

import json
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from running_proxy import Proxy  # noqa: E402

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY, CONTINUATION = 0, 1, 3, 4, 7, 9
END_STREAM, END_HEADERS = 1, 4


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def hpack_string(text):
    length, out = len(text), b""
    if length < 127:
        return bytes([length]) + text
    out, length = b"\x7f", length - 127
    while length >= 128:
        out, length = out + bytes([length % 128 + 128]), length // 128
    return out + bytes([length]) + text


def headers(fields, end):
    block = b"".join(b"\0" + hpack_string(n) + hpack_string(v) for n, v in fields)
    parts = [block[at:at + 16384] for at in range(0, max(len(block), 1), 16384)]
    out = b""
    for at, part in enumerate(parts):
        flags = (END_STREAM if end and at == 0 else 0) | (END_HEADERS if at + 1 == len(parts) else 0)
        out += frame(HEADERS if at == 0 else CONTINUATION, flags, 1, part)
    return out


def message(case):
    def expand(text):
        for marker, (what, times) in case.get("repeat", {}).items():
            text = text.replace(marker, what * int(times))
        return text.encode("latin1")

    def fields(name):
        return [(expand(n), expand(v)) for n, v in case[name]]

    end = case["end_stream_on"]
    out = headers(fields("headers"), end == "headers")
    if "data" in case:
        out += frame(DATA, END_STREAM if end == "data" else 0, 1, expand(case["data"]))
    if "trailers" in case:
        out += headers(fields("trailers"), end == "trailers")
    return out


def read_frames(connection):
    """Each frame as (type, payload), until the end of the connection."""
    received = b""
    while True:
        while len(received) >= 9 and len(received) >= 9 + int.from_bytes(received[:3], "big"):
            length = 9 + int.from_bytes(received[:3], "big")
            yield received[3], received[9:length]
            received = received[length:]
        try:
            more = connection.recv(65536)
        except ConnectionError:
            return
        if not more:
            return
        received += more


def replay(proxy, case):
    """Whether the request was answered by the upstream, and whether the proxy refused it."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as connection:
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0) + message(case))
        for kind, payload in read_frames(connection):
            if kind == DATA and payload == b"hello":
                return True, False
            # Of the proxy's own answers, a status that is no 200; RST_STREAM and GOAWAY.
            if kind in (RST_STREAM, GOAWAY) or (kind == HEADERS and b"\x88" not in payload[:8]):
                return False, True
    return False, True


def judge(proxy, case):
    before = len(proxy.upstream.requests)
    answered, refused = replay(proxy, case)
    seen = proxy.upstream.requests[before:]
    problems = []
    if case["expect"] == "accept" or (case["expect"] == "normalise" and answered):
        if not answered or len(seen) != 1:
            problems.append(f"not forwarded once: {seen}")
        text = "".join(seen).lower()
        problems += [f"lacks {want!r}" for want in case.get("h1_forward_has", [])
                     if want.lower() not in text]
        problems += [f"has {bad!r}" for bad in case.get("h1_forward_lacks", [])
                     if bad.lower() in text]
    elif answered or seen or not refused:
        problems.append(f"not refused: {seen}")
    if not proxy.running():
        problems.append("the proxy has ended")
    return problems


def main():
    weir, path = sys.argv[1:3]
    with open(path, encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines if line.strip()]
    requests = [case for case in cases if case["side"] == "request"]
    failed = 0
    with Proxy(weir) as proxy:
        for case in requests:
            problems = judge(proxy, case)
            failed += bool(problems)
            for problem in problems:
                print(f"{case['id']} ({case['note']}): {problem}")
    print(f"{len(requests) - failed} of {len(requests)} requests are judged as expected")
    sys.exit(1 if failed or not requests else 0)


if __name__ == "__main__":
    main()
