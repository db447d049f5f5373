"""The programs that are measured, as children on loopback, and what the kernel says of their memory."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.request

START_SECONDS = 60
# HeapWatch::kInterval of source/server/heap_watch.h.
HEAP_WATCH_SECONDS = 5


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what, seconds=START_SECONDS):
    """Waits for condition() to be true and returns its value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise RuntimeError(f"in vain for {seconds} s: {what}")


@contextlib.contextmanager
def running(command, log):
    """A child process, ended by its own id."""
    with open(log, "wb") as out:
        child = subprocess.Popen([str(part) for part in command], stdout=out, stderr=out)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


class Memory:
    """Bytes of a process: its proportional set size, the part that no file backs (heap and stacks), and what of the heap
    is in use."""

    def __init__(self, pid):
        fields = {}
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, value = line.split(":")
            fields[name] = int(value.split()[0]) * 1024
        self.pss = fields["Pss"]
        self.anonymous = fields["Anonymous"]
        self.allocated = 0  # Set by who asks the proxy.


class Weir:
    """A running proxy with an admin server."""

    def __init__(self, child, admin_port):
        self.child = child
        self.admin_port = admin_port

    def page(self, path, seconds=10):
        url = f"http://127.0.0.1:{self.admin_port}{path}"
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            return answer.read().decode()

    def stat(self, name):
        text = self.page(f"/stats?filter=^{name}$")
        return int(text.split(":")[1]) if ":" in text else 0

    def live(self):
        if self.child.poll() is not None:
            raise RuntimeError(f"the proxy ended with {self.child.returncode}")
        try:
            return self.page("/ready") == "LIVE\n"
        except OSError:
            return False

    def memory(self):
        """After a pause in which what is deferred ends, and twice the heap is looked at and given back."""
        time.sleep(2 * HEAP_WATCH_SECONDS + 2)
        memory = Memory(self.child.pid)
        # As the heap watch saw it last: pages themselves take memory.
        memory.allocated = self.stat("server.memory_allocated")
        return memory


@contextlib.contextmanager
def weir(binary, directory, bootstrap, concurrency=1):
    """A proxy with `bootstrap` (a dict without admin) that is live."""
    directory = pathlib.Path(directory)
    admin_port = free_port()
    bootstrap = dict(bootstrap)
    bootstrap["admin"] = {"address": address(admin_port)}
    config = directory / "weir.json"
    config.write_text(json.dumps(bootstrap))
    command = [binary, "-c", config, "--concurrency", concurrency, "-l", "warning"]
    with running(command, directory / "weir.log") as child:
        proxy = Weir(child, admin_port)
        until(proxy.live, "the proxy to be live", 300)
        yield proxy


def address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


@contextlib.contextmanager
def control_plane(binary, directory, resources):
    """A control plane that serves `resources`; gives its port."""
    directory = pathlib.Path(directory)
    served = directory / "resources"
    served.mkdir()
    # In files of a thousand, as a watched directory has many rather than one.
    for start in range(0, len(resources), 1000):
        part = {"resources": resources[start : start + 1000]}
        (served / f"{start:06}.json").write_text(json.dumps(part))
    port = free_port()
    command = [binary, "--listen", f"127.0.0.1:{port}", "--directory", served]
    with running(command, directory / "control.log") as child:
        until(lambda: is_listening(port, child), "the control plane to listen", 120)
        yield port


def is_listening(port, child):
    if child.poll() is not None:
        raise RuntimeError(f"the control plane ended with {child.returncode}")
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def raise_descriptor_limit():
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def environment_note():
    return f"{os.uname().release}, {os.cpu_count()} cores"
