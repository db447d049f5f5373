#!/usr/bin/env python3
"""The proxy under go-control-plane, the library that many control planes are made of, by state of the world and by delta.
Versions of listeners, routes, clusters and endpoints come while requests flow: each arrives, no request is lost, and what
cannot be is rejected with its reason while the version before goes on."""

import http.client
import os
import sys
import tempfile
import textwrap
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "conformance"))
import go_program  # noqa: E402
from running_proxy import CONTROL_PLANE, Program, Upstream, free_port  # noqa: E402

VERSIONS = 30
BROKEN = 12
BOOTSTRAP = """
node: {{ id: test-id, cluster: test-cluster }}
admin: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {admin} }} }} }}
dynamic_resources:
  ads_config:
    api_type: {api_type}
    transport_api_version: V3
    grpc_services: [{{ envoy_grpc: {{ cluster_name: control_plane }} }}]
    set_node_on_first_message_only: true
  cds_config: {{ resource_api_version: V3, ads: {{}} }}
  lds_config: {{ resource_api_version: V3, ads: {{}} }}
static_resources:
  clusters:
"""


class Client:
    """Asks again and again over one connection until it is closed, and knows which versions it saw and what went wrong."""

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self._changed = threading.Condition()
        self._closing = False
        self.versions, self.wrong = [], []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._closing:
            try:
                self._connection.request("GET", "/")
                answer = self._connection.getresponse()
                version, body = answer.getheader("x-version"), answer.read()
                problem = "" if answer.status == 200 and body == b"hello" else f"{answer.status} {body}"
            except (OSError, http.client.HTTPException) as error:
                version, problem = None, repr(error)
                self._connection.close()
            with self._changed:
                if problem:
                    self.wrong.append(problem)
                elif self.versions[-1:] != [version]:
                    self.versions.append(version)
                self._changed.notify_all()

    def saw(self, version):
        with self._changed:
            return self._changed.wait_for(lambda: self.wrong or self.versions[-1:] == [str(version)], 30) and not self.wrong

    def close(self):
        self._closing = True
        self._thread.join()
        self._connection.close()


class Plane:
    """The pages of the control plane."""

    def __init__(self, port):
        self._root = f"http://127.0.0.1:{port}"

    def publish(self, version, broken=False):
        query = f"number={version}" + ("&broken=1" if broken else "")
        urllib.request.urlopen(urllib.request.Request(f"{self._root}/version?{query}", method="POST"), timeout=10).close()

    def rejection(self):
        """The first one, when it has come. The library sends what was rejected again at once."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with urllib.request.urlopen(f"{self._root}/rejections", timeout=10) as page:
                if lines := page.read().decode().splitlines():
                    return lines[0]
        return "none"


def follow(plane, client, first):
    """Each version in its turn; what went wrong."""
    for version in range(first, VERSIONS):
        broken = version == BROKEN
        plane.publish(version, broken)
        if broken:
            text = plane.rejection()
            print("rejected:", text)
            if "routes" not in text or "safe_regex" not in text:
                return [f"the rejection of version {version} names neither resource nor field: {text}"]
        elif not client.saw(version):
            return [f"version {version} did not arrive; seen: {client.versions}"]
    return []


def run(weir, control_plane, api_type):
    listener, admin, xds, pages = free_port(), free_port(), free_port(), free_port()
    command = [control_plane, f"--xds-port={xds}", f"--pages-port={pages}", f"--listener-port={listener}",
               f"--upstream-port={Upstream().port}"]
    with tempfile.TemporaryDirectory() as folder, Program(command, pages):
        plane = Plane(pages)
        plane.publish(1)
        path = os.path.join(folder, "bootstrap.yaml")
        with open(path, "w") as file:
            file.write(BOOTSTRAP.format(admin=admin, api_type=api_type) + textwrap.indent(CONTROL_PLANE.format(port=xds), "  "))
        with Program([weir, "-c", path, "--concurrency", "2", "-l", "error"], listener):
            client = Client(listener)
            wrong = follow(plane, client, 1) + client.wrong
            client.close()
    print(f"{api_type}: {len(client.versions)} versions seen, {'; '.join(wrong) or 'no request was lost'}")
    return not wrong


def main():
    control_plane = go_program.built(os.path.join(HERE, "go_control_plane"))
    results = [run(sys.argv[1], control_plane, api_type) for api_type in ("GRPC", "DELTA_GRPC")]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
