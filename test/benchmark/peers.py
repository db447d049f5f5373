"""The proxies that are measured and the upstream behind them: configurations alike, one worker each.

Every proxy takes HTTP/1.1 (and, on the same port where it can, cleartext HTTP/2) on one port of loopback, keeps its
connections to the upstream open, and writes no access log.
"""

import os
import shutil
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))

UPSTREAM = """
worker_processes 1;
daemon off;
error_log {folder}/upstream.log crit;
pid {folder}/upstream.pid;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  default_type text/plain;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ return 200 "{body}"; }}
  }}
}}
"""

NGINX = """
worker_processes 1;
daemon off;
error_log {folder}/nginx.log crit;
pid {folder}/nginx.pid;
events {{ worker_connections 8000; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  upstream web {{
    server 127.0.0.1:{upstream};
    keepalive 512;
    keepalive_requests 1000000000;
    keepalive_timeout 3600s;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096{http2};
    location / {{
      proxy_pass http://web;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }}
  }}
}}
"""

HAPROXY = """
global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 3600s
  timeout server 3600s
  http-reuse always
frontend edge
  bind 127.0.0.1:{port}{http2}
  default_backend web
backend web
  server one 127.0.0.1:{upstream}
"""

WEIR = """
admin: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {admin} }} }} }}
static_resources:
  listeners:
  - name: edge
    address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: edge
          route_config:
            name: all
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes: [{{ match: {{ prefix: / }}, route: {{ cluster: web }} }}]
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{ "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }}
  clusters:
  - name: web
    load_assignment:
      cluster_name: web
      endpoints:
      - lb_endpoints:
        - endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {upstream} }} }} }}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A program started for the measurement, on one core; ended by stop()."""

    def __init__(self, name, command, port, core, folder):
        self.name, self.port = name, port
        self.log = open(os.path.join(folder, f"{name}.out"), "wb")
        self.process = subprocess.Popen(["taskset", "-c", str(core), *command], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=subprocess.STDOUT)
        self._await_port()

    @property
    def pid(self):
        return self.process.pid

    def _await_port(self):
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{self.name} does not serve on port {self.port}: see {self.log.name}") from None
                time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def upstream(folder, core, body_bytes):
    port = free_port()
    path = _write(folder, "upstream.conf", UPSTREAM.format(folder=folder, port=port, body="x" * body_bytes))
    return Server("upstream", ["nginx", "-c", path], port, core, folder)


def nginx(folder, core, upstream_port, http2=False):
    port = free_port()
    text = NGINX.format(folder=folder, port=port, upstream=upstream_port, http2=" http2" if http2 else "")
    return Server("nginx", ["nginx", "-c", _write(folder, "nginx.conf", text)], port, core, folder)


def haproxy(folder, core, upstream_port, http2=False):
    port = free_port()
    text = HAPROXY.format(port=port, upstream=upstream_port, http2=" proto h2" if http2 else "")
    return Server("haproxy", ["haproxy", "-q", "-f", _write(folder, "haproxy.cfg", text)], port, core, folder)


def weir(folder, core, upstream_port, http2=False):
    del http2  # AUTO takes both.
    port, admin = free_port(), free_port()
    path = _write(folder, "weir.yaml", WEIR.format(port=port, admin=admin, upstream=upstream_port))
    program = os.environ.get("WEIR_BINARY", os.path.join(TREE, "bazel-bin/source/exe/weir"))
    return Server("weir", [program, "-c", path, "--concurrency", "1"], port, core, folder)


def forwarder(folder, core, upstream_port, http2=False):
    """The floor: an event loop that passes bytes on and looks at none of them."""
    del http2
    port = free_port()
    program = os.path.join(TREE, "bazel-bin/test/benchmark/forwarder")
    return Server("forwarder", [program, str(port), str(upstream_port)], port, core, folder)


ALL = {"weir": weir, "nginx": nginx, "haproxy": haproxy, "forwarder": forwarder}


def missing():
    return [program for program in ("nginx", "haproxy", "h2load", "taskset") if shutil.which(program) is None]
