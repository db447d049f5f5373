"""The proxies that are compared: weir and envoy with one and the same bootstrap, nginx and HAProxy configured alike.

Each is set up for strangers: it believes nobody's x-forwarded-proto, refuses or drops names with underscores, answers
/local404 itself, takes HTTP/1.0, and keeps connections to the upstream open.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time

import recorder

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))

# The edge profile of docs/http1_choices.md.
EDGE = """
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
          codec_type: HTTP1
          use_remote_address: true
          normalize_path: true
          path_with_escaped_slashes_action: REJECT_REQUEST
          common_http_protocol_options: {{ headers_with_underscores_action: REJECT_REQUEST }}
          request_headers_timeout: 10s
          http_protocol_options: {{ accept_http_10: true }}
          upgrade_configs: [ {{ upgrade_type: websocket }} ]
          route_config:
            name: all
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - {{ match: {{ path: /local404 }}, direct_response: {{ status: 404, body: {{ inline_string: none }} }} }}
              - {{ match: {{ path: "*" }}, route: {{ cluster: web }} }}
              - {{ match: {{ prefix: / }}, route: {{ cluster: web }} }}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{ "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }}
  clusters:
  - name: web
    type: STATIC
    connect_timeout: 1s
    load_assignment:
      cluster_name: web
      endpoints:
      - lb_endpoints:
        - endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {upstream} }} }} }}
"""

NGINX = """
worker_processes 1;
daemon off;
error_log {folder}/nginx.log crit;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  upstream web {{ server 127.0.0.1:{upstream} max_fails=0; keepalive 16; }}
  server {{
    listen 127.0.0.1:{port};
    client_max_body_size 1m;
    lingering_time 500ms;
    lingering_timeout 500ms;
    location = /local404 {{ return 404; }}
    location / {{
      proxy_pass http://web;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
  }}
}}
"""

HAPROXY = """
global
  nbthread 1
  maxconn 1000
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout http-request 10s
  timeout server 10s
  http-reuse always
frontend edge
  bind 127.0.0.1:{port}
  http-request return status 404 if {{ path /local404 }}
  http-request set-header X-Forwarded-Proto http
  option forwardfor
  default_backend web
backend web
  server one 127.0.0.1:{upstream}
"""


class Peer:
    """A program with its configuration. `limits_bodies`: the configuration bounds the length of a body."""

    def __init__(self, name, program, text, command, version, limits_bodies=False):
        self.name, self.program, self.limits_bodies = name, program, limits_bodies
        self._text, self._command, self._version = text, command, version

    def command(self, folder, port, upstream):
        path = os.path.join(folder, "config.yaml" if "static_resources" in self._text else "config")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self._text.format(folder=folder, port=port, upstream=upstream))
        return [self.program, *(part.format(path=path) for part in self._command)]

    def version(self):
        result = subprocess.run([self.program, *self._version], capture_output=True, text=True, check=False)
        # Envoy names its own path first, which may hold the version of another program.
        text = (result.stdout + result.stderr).replace(self.program, "")
        found = re.search(r"\d+\.\d+(\.\d+)?", text)
        return found.group(0) if found and self.name != "weir" else ""


def available(names, programs):
    """The peers of `names` whose program is there; `programs` says where some are."""
    peers = []
    for name in names:
        program = shutil.which(programs.get(name, name))
        if program is None:
            print(f"compare: no program {programs.get(name, name)}: {name} is left out")
            continue
        if name in ("weir", "envoy"):
            # Other copies of envoy on the machine are none of this one's business.
            extra = ["--use-dynamic-base-id", "--log-level", "critical"] if name == "envoy" else []
            peers.append(Peer(name, program, EDGE, ["-c", "{path}", "--concurrency", "1", *extra], ["--version"]))
        elif name == "nginx":
            peers.append(Peer(name, program, NGINX, ["-c", "{path}"], ["-v"], limits_bodies=True))
        else:
            peers.append(Peer(name, program, HAPROXY, ["-q", "-f", "{path}"], ["-v"]))
    return peers


class Running:
    def __init__(self, peer, port, upstream):
        self.peer, self.port, self.recorder = peer, port, upstream


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await_port(peer, process, port):
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"compare: {peer.name} does not serve on port {port}") from None
            time.sleep(0.05)


@contextlib.contextmanager
def start(peer, folder):
    upstream, port = recorder.Recorder(), _free_port()
    with open(os.path.join(folder, "output"), "wb") as output:
        process = subprocess.Popen(peer.command(folder, port, upstream.port), stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT)
    try:
        _await_port(peer, process, port)
        yield Running(peer, port, upstream)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        upstream.close()
