"""An upstream that reads requests as a strict peer does and keeps what it really received."""

import re
import socket
import threading
import time

HEAD_END = b"\r\n\r\n"
DEFAULT_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


def _field(head, name):
    found = re.search(rb"\r\n" + name + rb":[ \t]*([^\r\n]*)", head, re.IGNORECASE)
    return found.group(1).strip() if found else None


def _chunked_size(data):
    """Of a chunked body with its trailer section; 0 while it is not whole."""
    at = 0
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return 0
        try:
            size = int(data[at:end].split(b";")[0], 16)
        except ValueError:
            return 0
        at = end + 2
        if size == 0:
            break
        at += size + 2
        if at > len(data):
            return 0
    if data[at:at + 2] == b"\r\n":
        return at + 2
    end = data.find(HEAD_END, at)
    return end + 4 if end >= 0 else 0


def request_size(data):
    """Of the request at the front of `data`; 0 while it is not whole."""
    end = data.find(HEAD_END)
    if end < 0:
        return 0
    head, body = b"\r\n" + data[:end], end + 4
    coding = _field(head, b"transfer-encoding")
    if coding and b"chunked" in coding.lower():
        size = _chunked_size(data[body:])
        return body + size if size else 0
    length = int(_field(head, b"content-length") or 0)
    return body + length if len(data) - body >= length else 0


class Recorder:
    """Listens on loopback, answers every whole request, and says what it heard since the last reset."""

    def __init__(self):
        self._lock = threading.Lock()
        self._sockets, self._used, self._used_before = set(), set(), set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.reset()
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self, answer=None, then_close=False):
        """Forgets; from now on requests get `answer`, or 200 without one."""
        with self._lock:
            self._used_before, self._used = self._used, set()
            self.requests, self.received = [], b""
            self.last_activity = time.monotonic()
            self._answer, self._then_close = answer, then_close

    def reused(self):
        """Whether a request since the last reset came by a connection that had one before it."""
        with self._lock:
            return bool(self._used & self._used_before)

    def close_all(self):
        """Ends what is open, so that the next case begins with a new connection."""
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self._listener.close()
        self.close_all()

    def _accept(self):
        while True:
            try:
                connection, peer = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._sockets.add(connection)
            threading.Thread(target=self._serve, args=(connection, peer), daemon=True).start()

    def _serve(self, connection, peer):
        pending = b""
        try:
            while data := connection.recv(65536):
                pending += data
                with self._lock:
                    self.received += data
                    self.last_activity = time.monotonic()
                while size := request_size(pending):
                    request, pending = pending[:size], pending[size:]
                    if not self._answer_request(connection, peer, request):
                        return
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def _answer_request(self, connection, peer, request):
        with self._lock:
            self.requests.append(request)
            self._used.add(peer)
            self.last_activity = time.monotonic()
            answer, then_close = self._answer, self._then_close
        if answer is None:
            answer = DEFAULT_ANSWER + (b"" if request.startswith(b"HEAD ") else b"ok")
            then_close = False
        connection.sendall(answer)
        if then_close:
            connection.shutdown(socket.SHUT_WR)
        return True
