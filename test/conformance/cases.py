"""The cases and how each is judged, over sockets. The README of the cases says what their members mean."""

import json
import os
import re
import socket
import time

import proxies

# What the profile of proxies.py decides otherwise than the case expects, and leaves open: the statuses of its refusal.
BY_POLICY = {"H1-RL-55": [400]}
QUIET = 0.15  # Seconds without a byte on either side: the exchange is over.
LONGEST = 4.0


class Verdict:
    """How one peer did in one case."""

    def __init__(self, word, detail="", level=""):
        self.word, self.detail, self.level = word, detail, level

    @property
    def is_miss(self):
        return self.word == "missed"


def _bytes(text, repeat=None):
    for marker, (piece, count) in (repeat or {}).items():
        text = text.replace(marker, piece * count)
    return text.encode("latin-1")


class Exchange:
    """One client connection: what is sent, and what comes back until both sides are quiet."""

    def __init__(self, running, data, split=0, half_close=False, await_close=False):
        self.received, self.closed = b"", False
        recorder = running.recorder
        with socket.create_connection(("127.0.0.1", running.port), 5) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.settimeout(0.02)
            self._send(client, data, split, half_close)
            begin = last = time.monotonic()
            while time.monotonic() - begin < LONGEST and not self.closed:
                if self._receive(client):
                    last = time.monotonic()
                quiet = time.monotonic() - max(last, recorder.last_activity)
                if quiet > (1.5 if await_close else QUIET):
                    break

    def _send(self, client, data, split, half_close):
        try:
            for at in range(0, len(data), split or len(data)):
                client.sendall(data[at:at + (split or len(data))])
                if split:
                    time.sleep(0.001)
            if half_close:
                time.sleep(QUIET)
                client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # Refused before all of it was sent.

    def _receive(self, client):
        try:
            data = client.recv(65536)
        except TimeoutError:
            return False
        except OSError:
            self.closed = True
            return False
        self.closed = not data
        self.received += data
        return bool(data)

    @property
    def status(self):
        found = re.findall(rb"HTTP/1\.[01] (\d{3})", self.received)
        return int(found[-1]) if found else 0


def _texts(row, name):
    return [text.encode("latin-1").lower() for text in row.get(name, [])]


class RequestCase:
    def __init__(self, row):
        self.row, self.id, self.level = row, row["id"], row["level"]
        self.note, self.expect = row["note"], row["expect"]

    def needs(self):
        return self.row.get("config")

    def replay(self, running):
        row, recorder = self.row, running.recorder
        if self.needs() == "max body 1 MiB" and not running.peer.limits_bodies:
            return Verdict("not run", "no limit on bodies", self.level)
        recorder.reset()
        data = _bytes(row["request"], row.get("repeat"))
        exchange = Exchange(running, data, row.get("split", 0), row.get("half_close", False),
                            self.expect in ("reject400", "close"))
        recorder.close_all()
        word, detail = self._judge(exchange, recorder)
        return Verdict(word, detail, self.level)

    def _judge(self, exchange, recorder):
        row, seen = self.row, len(recorder.requests)
        if self.id in BY_POLICY and exchange.status in BY_POLICY[self.id] and seen == 0:
            return "permitted", f"refused with {exchange.status} by policy"
        if self.expect == "reject400":
            if exchange.closed and exchange.status in row["status"] and seen == row["upstream_requests"]:
                return "expected", f"refused with {exchange.status}"
            if row.get("alt") == "normalise" and seen == 1 and exchange.status == 200:
                return "permitted", "normalised"
            if row.get("alt") == "close" and seen == 1 and exchange.closed:
                return "permitted", "forwarded, then closed"
            open_or = "closed" if exchange.closed else "left open"
            return "missed", f"status {exchange.status}, {seen} requests upstream, {open_or}"
        if seen > max(row["upstream_requests"], row.get("max_upstream", 0)):
            return "missed", f"{seen} requests upstream"
        if seen < row["upstream_requests"]:
            return "missed", f"{seen} requests upstream, status {exchange.status}"
        if self.expect == "close":
            return ("expected", "closed") if exchange.closed else ("missed", "left open")
        return self._judge_forwarded(recorder)

    def _judge_forwarded(self, recorder):
        if not recorder.requests and self.row["upstream_requests"] == 0:
            return "expected", "refused, which is permitted"
        sent_on = recorder.received.lower()
        for text in _texts(self.row, "forward_has"):
            # A peer may write no blank behind the colon.
            if text not in sent_on and text.replace(b": ", b":") not in sent_on:
                return "missed", f"not forwarded: {text.decode('latin-1')!r}"
        for text in _texts(self.row, "forward_lacks"):
            if text in sent_on:
                return "missed", f"forwarded: {text.decode('latin-1')!r}"
        return "expected", "forwarded"


class ResponseCase:
    def __init__(self, row):
        self.row, self.id, self.level = row, row["id"], row["level"]
        self.note, self.expect = row["note"], row["expect"]

    def replay(self, running):
        row, recorder = self.row, running.recorder
        recorder.reset(_bytes(row["upstream"], row.get("repeat")), row["upstream_closes"])
        exchange = Exchange(running, _bytes(row["request"]))
        recorder.reset()
        follow = Exchange(running, b"GET /next HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
        word, detail = self._judge(exchange, follow, recorder.reused())
        recorder.close_all()
        return Verdict(word, detail, self.level)

    def _judge(self, exchange, follow, reused):
        row = self.row
        if exchange.status not in row["status"]:
            return "missed", f"status {exchange.status}"
        heard = exchange.received.lower()
        for text in _texts(row, "client_has"):
            if text not in heard:
                return "missed", f"the client did not get {text.decode('latin-1')!r}"
        for text in _texts(row, "client_lacks"):
            if text in heard:
                return "missed", f"the client got {text.decode('latin-1')!r}"
        if not follow.received.endswith(b"ok") or follow.status != 200:
            return "missed", f"the next request got {follow.status}"
        if row.get("upstream_reusable") is False and reused:
            return "missed", "the connection was used again"
        return "expected", f"status {exchange.status}"


def _read(file, kind, only):
    with open(os.path.join(proxies.HERE, file), encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    return [kind(row) for row in rows if only is None or row["id"] in only]


def read_requests(only=None):
    return _read("h1_cases.jsonl", RequestCase, only)


def read_responses(only=None):
    return _read("h1_response_cases.jsonl", ResponseCase, only)
