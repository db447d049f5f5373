#!/usr/bin/env python3
"""Certificates and trusted authorities of three proxies are replaced 100 times while requests flow:

  h2load ---cleartext---> proxy ---HTTP/1.1, mutual TLS---> edge ---> upstream
  h2load ---cleartext---> proxy ---HTTP/2, mutual TLS-----> edge
  h2load ---TLS, connections that come and go-------------> edge, in HTTP/1.1 and HTTP/2

No request fails, no connection between the proxies ends, and new connections see the new certificate."""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "conformance"))
from certificates import (Authority, streamed_client_socket, streamed_server_socket,  # noqa: E402
                          write_secret)
from running_proxy import Proxy  # noqa: E402

ROTATIONS = 100
AUTHORITIES = 6
HTTP2 = """
typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
    explicit_http_config: { http2_protocol_options: {} }
"""


class Secrets:
    """The files that the proxies watch, and what is in them now."""

    def __init__(self, folder):
        self.authorities = [Authority(folder, f"ca{i}") for i in range(AUTHORITIES)]
        self.own, self.trust, self.client = (os.path.join(folder, f"{name}.yaml") for name in ("own", "trust", "client"))

    def name(self, step):
        return f"edge-{step}"

    def write(self, step):
        """Trust goes before what needs it, and keeps what the step before needed."""
        trusted = ""
        for i in (step - 1, step, step + 1):
            with open(self.authorities[i % AUTHORITIES].pem) as file:
                trusted += file.read()
        quoted = trusted.replace("\n", "\\n")
        write_secret(self.trust, step, "trust", f"validation_context: {{ trusted_ca: {{ inline_string: \"{quoted}\" }} }}")
        authority = self.authorities[step % AUTHORITIES]
        for path, name in ((self.own, self.name(step)), (self.client, f"proxy-{step}")):
            write_secret(path, step, "own", f"tls_certificate: {authority.issue(name).yaml()}")


class Load(threading.Thread):
    """One h2load after the other until it is told to stop; adds up."""

    def __init__(self, url, *arguments):
        super().__init__(daemon=True)
        self.command = ["h2load", "-t", "1", *arguments, url]
        self.ended, self.answered, self.failed, self.text = threading.Event(), 0, 0, ""

    def run(self):
        while not self.ended.is_set():
            done = subprocess.run(self.command, capture_output=True, text=True, timeout=120)
            counts = re.search(r"requests: (\d+) total, .* (\d+) done, (\d+) succeeded, (\d+) failed", done.stdout)
            wanted, _, succeeded, _ = map(int, counts.groups()) if counts else (1, 0, 0, 0)
            self.answered += succeeded
            if succeeded != wanted:
                self.failed += wanted - succeeded
                self.text = done.stdout + done.stderr

    def stop(self):
        self.ended.set()
        self.join()
        return self


def subject_of_new_connection(port):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    found = re.search(r"subject=CN = (\S+)", done.stdout)
    return found.group(1) if found else ""


def rotate(secrets, edge, proxies):
    """False when something did not arrive."""
    for step in range(1, ROTATIONS + 1):
        secrets.write(step)
        deadline = time.monotonic() + 30
        while not (subject_of_new_connection(edge.port) == secrets.name(step) and
                   all(proxy.stat(f"sds.{name}.update_success") > step
                       for proxy in [edge, *proxies] for name in ("own", "trust"))):
            if time.monotonic() > deadline:
                print(f"step {step} did not arrive: {edge.log()}")
                return False
            time.sleep(0.02)
    return True


def main():
    weir = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        secrets = Secrets(folder)
        secrets.write(0)
        with Proxy(weir, chain=streamed_server_socket(secrets.own, secrets.trust)) as edge:
            mesh = streamed_client_socket(secrets.client, secrets.trust)
            with Proxy(weir, cluster=mesh, upstream_port=edge.port) as first, \
                    Proxy(weir, cluster=mesh + HTTP2, upstream_port=edge.port) as second:
                loads = [Load(f"http://127.0.0.1:{first.port}/", "--h1", "-n", "200", "-c", "4"),
                         Load(f"http://127.0.0.1:{second.port}/", "-n", "200", "-c", "4", "-m", "4"),
                         Load(f"https://127.0.0.1:{edge.port}/", "--h1", "-n", "40", "-c", "10"),
                         Load(f"https://127.0.0.1:{edge.port}/", "-n", "40", "-c", "10", "-m", "4")]
                for load in loads:
                    load.start()
                arrived = rotate(secrets, edge, (first, second))
                failed = sum(load.stop().failed for load in loads)
                lost = [proxy.stat("cluster.upstream.upstream_cx_total") -
                        proxy.stat("cluster.upstream.upstream_cx_active") for proxy in (first, second)]
                handshakes = edge.stat(f"listener.127.0.0.1_{edge.port}.ssl.handshake")
                print(f"{ROTATIONS} rotations, {sum(load.answered for load in loads)} requests, {failed} failed, "
                      f"{handshakes} handshakes, connections lost: {lost}")
                print("".join(load.text for load in loads))
    sys.exit(0 if arrived and failed == 0 and lost == [0, 0] and min(load.answered for load in loads) > 0 else 1)


if __name__ == "__main__":
    main()
