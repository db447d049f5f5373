#!/usr/bin/env python3
"""What one more cluster, endpoint or connection costs in memory, and what an empty proxy does.

Each figure comes from fresh processes: the anonymous memory of the proxy at two sizes, divided by the
difference of the sizes, so that what every proxy has falls out. Run on binaries built with -c opt:

  measure.py --weir bazel-bin/source/exe/weir --control bazel-bin/source/exe/weir-control [WHAT...]

WHAT: empty, clusters, endpoints, connections, tls, slow; all by default. The aims stand beside the figures; the
exit code is 1 when one is missed.
"""

import argparse
import contextlib
import pathlib
import socket
import ssl
import sys
import tempfile
import time

import processes

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from peers import self_signed  # noqa: E402

HTTP_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = {
    "name": "envoy.filters.http.router",
    "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
}


def listener(port, transport_socket=None):
    """Answers every request itself."""
    route = {"match": {"prefix": "/"}, "direct_response": {"status": 200}}
    manager = {
        "@type": f"type.googleapis.com/{HTTP_MANAGER}",
        "stat_prefix": "measured",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [ROUTER],
    }
    chain = {"filters": [{"name": "http", "typed_config": manager}]}
    if transport_socket is not None:
        chain["transport_socket"] = transport_socket
    return {"name": "measured", "address": processes.address(port), "filter_chains": [chain]}


def tls_socket(directory):
    """TLS with a certificate (ECDSA P-256) that is made in the directory."""
    chain, key = self_signed(directory)
    certificate = {"certificate_chain": {"filename": chain}, "private_key": {"filename": key}}
    context = {
        "@type": "type.googleapis.com/"
        "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"tls_certificates": [certificate]},
    }
    return {"name": "envoy.transport_sockets.tls", "typed_config": context}


def dynamic_bootstrap(control_port):
    options = {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http2_protocol_options": {}},
    }
    control = {
        "name": "control_plane",
        "type": "STATIC",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options
        },
        "load_assignment": assignment("control_plane", [control_port]),
    }
    ads = {"resource_api_version": "V3", "ads": {}}
    return {
        "node": {"id": "measured", "cluster": "measured"},
        "dynamic_resources": {
            "ads_config": {
                "api_type": "DELTA_GRPC",
                "transport_api_version": "V3",
                "grpc_services": [{"envoy_grpc": {"cluster_name": "control_plane"}}],
            },
            "lds_config": ads,
            "cds_config": ads,
        },
        "static_resources": {"clusters": [control]},
    }


def assignment(name, ports):
    endpoints = [{"endpoint": {"address": processes.address(port)}} for port in ports]
    return {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]}


def clusters(count, endpoints):
    """EDS clusters and their endpoints, as a service mesh has them."""
    resources = []
    for i in range(count):
        name = f"outbound|8080||service-{i:05}.namespace.svc.cluster.local"
        eds = {"eds_config": {"resource_api_version": "V3", "ads": {}}}
        resources.append(
            {
                "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
                "name": name,
                "type": "EDS",
                "eds_cluster_config": eds,
                "connect_timeout": "5s",
            }
        )
        ports = [1024 + (i * 7 + k) % 60000 for k in range(endpoints)]
        resources.append(
            {
                "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
                **assignment(name, ports),
            }
        )
    return resources


class Measurer:
    def __init__(self, weir, control):
        self.weir = weir
        self.control = control
        self.missed = False

    def report(self, what, value, unit, aim):
        verdict = "" if aim is None else f"   aim {aim:g} {unit}: {'met' if value <= aim else 'MISSED'}"
        self.missed |= aim is not None and value > aim
        print(f"{what:58} {value:10.1f} {unit}{verdict}", flush=True)

    def with_clusters(self, count, endpoints):
        """Memory of a proxy that holds so many clusters."""
        with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
            resources = clusters(count, endpoints)
            port = stack.enter_context(processes.control_plane(self.control, directory, resources))
            proxy = stack.enter_context(
                processes.weir(self.weir, directory, dynamic_bootstrap(port))
            )
            held = lambda: proxy.stat("cluster_manager.active_clusters") == count + 1
            processes.until(held, "the clusters to be in force", 300)
            return proxy.memory()

    def empty(self):
        memory = self.with_clusters(0, 0)
        self.report("empty, an xDS stream open: proportional set size", memory.pss / 1e6, "MB", 20)
        self.report("  of it anonymous", memory.anonymous / 1e6, "MB", None)

    def clusters(self):
        small, large = 2000, 10000
        few, many = self.with_clusters(small, 2), self.with_clusters(large, 2)
        self.report(f"proxy with {large} clusters", many.anonymous / 1e6, "MB", None)
        slope = (many.anonymous - few.anonymous) / (large - small)
        # The aim is 2 KB a cluster beside 200 B for each of its two endpoints.
        self.report(f"a cluster with two endpoints ({small} to {large})", slope, "B", 2048 + 2 * 200)
        # The rest lies between blocks, some of it by chance: threads take from one heap in one order or another.
        used = (many.allocated - few.allocated) / (large - small)
        self.report("  of it blocks of the heap in use", used, "B", None)

    def endpoints(self):
        count, few, many = 500, 2, 42
        small, large = self.with_clusters(count, few), self.with_clusters(count, many)
        slope = (large.anonymous - small.anonymous) / (count * (many - few))
        self.report(f"an endpoint ({few} to {many} in each of {count} clusters)", slope, "B", 200)

    def with_connections(self, count, speak, transport_socket=None, wrap=lambda plain: plain):
        """Memory after `count` connections on which `speak` was done; `transport_socket` makes that of
        the listener in a directory, `wrap` its other end."""
        with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
            port = processes.free_port()
            own = None if transport_socket is None else transport_socket(directory)
            bootstrap = {"static_resources": {"listeners": [listener(port, own)]}}
            proxy = stack.enter_context(processes.weir(self.weir, directory, bootstrap))
            sockets = []
            stack.callback(lambda: [s.close() for s in sockets])
            for _ in range(count):
                plain = socket.create_connection(("127.0.0.1", port))
                # Else the request waits for the acknowledgement of the handshake's last message.
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sockets.append(wrap(plain))
                speak(sockets[-1])
            active = lambda: proxy.stat("http.measured.downstream_cx_active") == count
            processes.until(active, "the connections to be there")
            return proxy, sockets, proxy.memory(), stack.pop_all()

    def slope_of_connections(self, what, speak, aim, **transport):
        small, large = 2000, 10000
        anonymous = []
        for count in (small, large):
            _, _, memory, cleanup = self.with_connections(count, speak, **transport)
            cleanup.close()
            anonymous.append(memory.anonymous)
        slope = (anonymous[1] - anonymous[0]) / (large - small)
        self.report(f"{what} ({small} to {large})", slope, "B", aim)

    @staticmethod
    def ask_once(connection):
        connection.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        connection.recv(4096)

    def connections(self):
        self.slope_of_connections("an idle keep-alive connection", self.ask_once, 1024)

    def tls(self):
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname = False
        client.verify_mode = ssl.CERT_NONE
        self.slope_of_connections(
            "an idle TLS 1.3 connection",
            self.ask_once,
            10 * 1024,
            transport_socket=tls_socket,
            wrap=client.wrap_socket,
        )

    def slow(self):
        """Clients that send a head one byte a second."""
        count, rounds = 5000, 5
        head = b"GET /slow HTTP/1.1\r\nhost: a\r\n"
        _, _, before, cleanup = self.with_connections(0, lambda connection: None)
        cleanup.close()
        proxy, sockets, _, cleanup = self.with_connections(count, lambda connection: None)
        with cleanup:
            for byte in range(rounds):
                started = time.monotonic()
                for connection in sockets:
                    connection.send(head[byte : byte + 1])
                time.sleep(max(0, 1 - (time.monotonic() - started)))
            after = proxy.memory()
            cost = (after.anonymous - before.anonymous) / 1e6
            self.report(f"{count} connections that send a byte a second", cost, "MB", 10)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weir", required=True, type=pathlib.Path)
    parser.add_argument("--control", required=True, type=pathlib.Path)
    known = ["empty", "clusters", "endpoints", "connections", "tls", "slow"]
    parser.add_argument("what", nargs="*", choices=[[], *known], help=", ".join(known))
    arguments = parser.parse_args()
    processes.raise_descriptor_limit()
    print(processes.environment_note())
    measurer = Measurer(arguments.weir, arguments.control)
    for what in arguments.what or known:
        getattr(measurer, what)()
    return 1 if measurer.missed else 0


if __name__ == "__main__":
    sys.exit(main())
