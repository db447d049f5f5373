"""The proxies that are measured and the upstream behind them: configurations alike, one worker each.

Every proxy takes HTTP/1.1 (and, on the same port where it can, HTTP/2) on one port of loopback, in cleartext or in TLS 1.2
and 1.3 with an ECDSA certificate and its own defaults otherwise; keeps its connections to the upstream open, and writes
no access log.
"""

import dataclasses
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
    listen 127.0.0.1:{port} backlog=4096{options};
    {tls}
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
  bind 127.0.0.1:{port}{options}
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
    - {tls}
      filters:
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


NGINX_TLS = """
    ssl_certificate {chain};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
"""

WEIR_TLS = """
      transport_socket:
        name: tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          common_tls_context:
            alpn_protocols: [h2, http/1.1]
            tls_certificates:
            - {{ certificate_chain: {{ filename: {chain} }}, private_key: {{ filename: {key} }} }}
"""


@dataclasses.dataclass
class Front:
    """What a proxy speaks towards its clients."""
    http2: bool = False
    chain: str = ""  # Path of the certificate in PEM; empty: cleartext.
    key: str = ""


def self_signed(folder):
    """Paths of a certificate and its key, ECDSA on P-256."""
    chain, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "cert.pem.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2",
                    "-keyout", key, "-out", chain], check=True, capture_output=True)
    return chain, key


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A program started for the measurement, on one core; ended by stop()."""

    def __init__(self, name, command, port, core, folder, start_seconds=20):
        self.name, self.port = name, port
        self.log = open(os.path.join(folder, f"{name}.out"), "wb")
        self.process = subprocess.Popen(["taskset", "-c", str(core), *command], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=subprocess.STDOUT)
        self._await_port(start_seconds)

    @property
    def pid(self):
        return self.process.pid

    def _await_port(self, seconds):
        deadline = time.monotonic() + seconds
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


def nginx(folder, core, upstream_port, front):
    port = free_port()
    options = (" ssl" if front.chain else "") + (" http2" if front.http2 else "")
    tls = NGINX_TLS.format(chain=front.chain, key=front.key) if front.chain else ""
    text = NGINX.format(folder=folder, port=port, upstream=upstream_port, options=options, tls=tls)
    return Server("nginx", ["nginx", "-c", _write(folder, "nginx.conf", text)], port, core, folder)


def haproxy(folder, core, upstream_port, front):
    port = free_port()
    if front.chain:  # It finds the key beside the chain.
        options = f" ssl crt {front.chain} ssl-min-ver TLSv1.2 alpn " + ("h2,http/1.1" if front.http2 else "http/1.1")
    else:
        options = " proto h2" if front.http2 else ""
    text = HAPROXY.format(port=port, upstream=upstream_port, options=options)
    return Server("haproxy", ["haproxy", "-q", "-f", _write(folder, "haproxy.cfg", text)], port, core, folder)


def weir_program():
    return os.environ.get("WEIR_BINARY", os.path.join(TREE, "bazel-bin/source/exe/weir"))


def weir(folder, core, upstream_port, front, *, under=(), program=None, start_seconds=20):
    """`under`: a command that runs the program."""
    port, admin = free_port(), free_port()
    tls = WEIR_TLS.format(chain=front.chain, key=front.key).strip() if front.chain else "name: cleartext"
    path = _write(folder, "weir.yaml", WEIR.format(port=port, admin=admin, upstream=upstream_port, tls=tls))
    command = [*under, program or weir_program(), "-c", path, "--concurrency", "1"]
    return Server("weir", command, port, core, folder, start_seconds)


def forwarder(folder, core, upstream_port, front):
    """The floor: an event loop that passes bytes on and looks at none of them."""
    del front
    port = free_port()
    program = os.path.join(TREE, "bazel-bin/test/benchmark/forwarder")
    return Server("forwarder", [program, str(port), str(upstream_port)], port, core, folder)


ALL = {"weir": weir, "nginx": nginx, "haproxy": haproxy, "forwarder": forwarder}


def missing():
    return [program for program in ("nginx", "haproxy", "h2load", "openssl", "taskset") if shutil.which(program) is None]
