"""The proxy as a process between a client of the test's own and an upstream that records what it
really received. Loopback alone, ports of the kernel's choice."""

import asyncio
import os
import re
import socket
import subprocess
import tempfile
import textwrap
import threading
import time
import urllib.error
import urllib.request

BOOTSTRAP = """
node: {{ id: conformance, cluster: conformance }}
admin: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {admin} }} }} }}
static_resources:
  listeners:
  - name: edge
    address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }}
{listener}
    filter_chains:
    - name: all
{chain}
      filters:
      - name: http
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: edge
          codec_type: {codec}
          http_filters:
          - name: router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
          route_config:
            name: routes
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {{ prefix: "/" }}
                route: {{ cluster: upstream }}
              - match: {{ path: "*" }}
                route: {{ cluster: upstream }}
  clusters:
  - name: upstream
    type: STATIC
    connect_timeout: 1s
{cluster}
    load_assignment:
      cluster_name: upstream
      endpoints:
      - lb_endpoints:
        - endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {upstream} }} }} }}
{clusters}
"""

# A cluster for `clusters` and bootstraps: the control plane on {port}, over HTTP/2.
CONTROL_PLANE = """
- name: control_plane
  type: STATIC
  typed_extension_protocol_options:
    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
      "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
      explicit_http_config: {{ http2_protocol_options: {{}} }}
  load_assignment:
    cluster_name: control_plane
    endpoints:
    - lb_endpoints: [{{ endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }} }} }}]
"""


class Upstream:
    """HTTP/1.1: answers a request once it is whole, a little later; keeps the text of each."""

    DELAY_SECONDS = 0.03

    def __init__(self):
        self.requests = []
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        threading.Thread(target=self._run, args=(started,), daemon=True).start()
        started.wait()

    def _run(self, started):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()

    async def _serve(self, reader, writer):
        try:
            while True:
                request = await self._read_request(reader)
                self.requests.append(request)
                await asyncio.sleep(self.DELAY_SECONDS)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @staticmethod
    async def _read_request(reader):
        head = await reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        body = b""
        if b"\r\ntransfer-encoding: chunked\r\n" in lower:
            while not re.match(rb"0+\r\n$", body[body.rfind(b"\n", 0, -1) + 1:]):
                line = await reader.readuntil(b"\r\n")
                body += line
                if int(line, 16) > 0:
                    body += await reader.readexactly(int(line, 16) + 2)
            while not body.endswith(b"\r\n\r\n"):
                body += await reader.readuntil(b"\r\n")
        elif length := re.search(rb"\r\ncontent-length: (\d+)\r\n", lower):
            body = await reader.readexactly(int(length[1]))
        return (head + body).decode("latin1")


_KEPT = []


def free_port():
    """A port that the kernel gives to nobody else while this test runs, and that refuses until a program listens on it by its
    number, with SO_REUSEADDR."""
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    _KEPT.append(kept)
    return kept.getsockname()[1]


class Program:
    """A program of another make that listens on a port of loopback; ended by its `with`."""

    def __init__(self, command, port):
        self.port = port
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self.pid = self._process.pid

    def __enter__(self):
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        raise SystemExit(f"nobody listens on port {self.port}")

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)


# What the configurations of peers begin with; {folder} and {port} are filled in by peer().
NGINX = """
daemon off;
worker_processes 1;
error_log {folder}/nginx.log error;
pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
"""
HAPROXY = """
global
  maxconn 100
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
"""


def peer(config, folder, **values):
    """nginx or HAProxy, whichever `config` begins as, with its values filled in; for a `with`."""
    port = free_port()
    make = "nginx" if config.startswith(NGINX) else "haproxy"
    path = os.path.join(folder, f"{make}-{port}.conf")
    with open(path, "w") as file:
        file.write(config.format(folder=folder, port=port, **values))
    return Program(["nginx", "-c", path] if make == "nginx" else ["haproxy", "-q", "-f", path], port)


class Proxy:
    """`with Proxy(weir, codec="HTTP2") as proxy:` runs it; proxy.port is its listener's. `listener`, `chain` and `cluster` are
    further lines of these, without indentation, `clusters` are further clusters; `upstream_port` is that of another upstream."""

    def __init__(self, weir, codec="AUTO", listener="", chain="", cluster="", clusters="", upstream_port=0, log_level="warning"):
        self.upstream = Upstream()
        self.port, self.admin_port = free_port(), free_port()
        config = BOOTSTRAP.format(port=self.port, codec=codec, admin=self.admin_port, upstream=upstream_port or self.upstream.port,
                                  listener=textwrap.indent(listener, " " * 4), chain=textwrap.indent(chain, " " * 6), cluster=textwrap.indent(cluster, " " * 4),
                                  clusters=textwrap.indent(clusters, " " * 2))
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [weir, "--config-yaml", config, "--concurrency", "1", "-l", log_level],
            stdout=self._log, stderr=self._log)
        self.pid = self._process.pid
        self._await_ready()

    def _await_ready(self):
        """Until it serves. A listener takes connections before that, and lets them wait for what it is to be given yet."""
        for _ in range(300):
            try:
                if self.page("/ready").startswith("LIVE"):
                    return
            except OSError:
                if self._process.poll() is not None:
                    break
            time.sleep(0.1)
        raise RuntimeError("the proxy does not serve: " + self.log())

    def running(self):
        return self._process.poll() is None

    def page(self, path):
        """A page of the admin server, whatever its status."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=10) as page:
                return page.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            return error.read().decode(errors="replace")

    def stat(self, name):
        """A counter or gauge by its whole name; 0 where it is not shown."""
        lines = self.page("/stats").splitlines()
        return next((int(line.split(": ")[1]) for line in lines if line.startswith(f"{name}: ")), 0)

    def log(self):
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._log.close()
