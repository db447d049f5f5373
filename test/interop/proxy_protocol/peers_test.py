#!/usr/bin/env python3
"""The PROXY protocol with programs of other makes: Debian's HAProxy in front of the proxy, nginx and HAProxy behind it.

The client has an address of loopback to itself, so that the last program says whom it takes for the client."""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "conformance"))
from running_proxy import HAPROXY, NGINX, Proxy, peer  # noqa: E402

CLIENT = "127.0.0.2"
# Whom it takes for the client stands in the header `saw` of its answers.
NGINX_BEHIND = NGINX + """
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{port} proxy_protocol;
    location / {{
      add_header saw "$proxy_protocol_addr";
      return 200 "hello";
    }}
  }}
}}
"""
HAPROXY_BEHIND = HAPROXY + """
frontend edge
  bind 127.0.0.1:{port} accept-proxy
  http-request return status 200 content-type text/plain string hello hdr saw "%[src]"
"""
HAPROXY_BEFORE = HAPROXY + """
listen edge
  bind 127.0.0.1:{port}
  server proxy 127.0.0.1:{proxy} {send}
"""
LISTENER = """
listener_filters:
- name: envoy.filters.listener.proxy_protocol
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol
"""
CLUSTER = """
transport_socket:
  name: envoy.transport_sockets.upstream_proxy_protocol
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport
    config: {{ version: {version} }}
    transport_socket:
      name: envoy.transport_sockets.raw_buffer
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer
"""


def saw(port):
    """Status and header `saw` of a request by the client's own address."""
    done = subprocess.run(["curl", "-s", "-i", "--max-time", "10", "--interface", CLIENT, f"http://127.0.0.1:{port}/"],
                          capture_output=True, text=True, timeout=20)
    lines = done.stdout.splitlines()
    headers = [line[4:].strip() for line in lines if line.lower().startswith("saw:")]
    return (lines[0].split()[1] if lines else "none", headers[0] if headers else "")


def check(weir, send, version, behind, folder):
    """What is wrong; empty: nothing."""
    template = NGINX_BEHIND if behind == "nginx" else HAPROXY_BEHIND
    with peer(template, folder) as upstream, \
            Proxy(weir, listener=LISTENER, cluster=CLUSTER.format(version=version), upstream_port=upstream.port) as proxy:
        wrong = []
        with peer(HAPROXY_BEFORE, folder, proxy=proxy.port, send=send) as edge:
            got = saw(edge.port)
            if got != ("200", CLIENT):
                wrong.append(f"HAProxy {send}, {version} to {behind}: {got}, expected 200 and {CLIENT}")
        # Who says nothing of a client is not listened to.
        status, _ = saw(proxy.port)
        if status != "none":
            wrong.append(f"without a PROXY header the answer is {status}, expected none")
        return wrong


def main():
    weir = sys.argv[1]
    os.environ["PATH"] += os.pathsep + "/usr/sbin"  # Where servers are, and not every caller looks.
    if absent := [program for program in ("nginx", "haproxy", "curl") if shutil.which(program) is None]:
        sys.exit(f"not installed: {', '.join(absent)} (tools/setup installs them)")
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        ways = list(itertools.product(("send-proxy", "send-proxy-v2"), ("V1", "V2"), ("nginx", "haproxy")))
        for send, version, behind in ways:
            wrong += check(weir, send, version, behind, folder)
    print("\n".join(wrong))
    print(f"{len(ways)} ways through three programs, {len(wrong)} not as they should be")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
