#!/usr/bin/env python3
"""TLS towards upstreams of other makes, Debian's nginx and HAProxy: both versions of TLS and of HTTP, client certificates,
resumption, names that are not the server's."""

import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "conformance"))
from certificates import Authority, client_socket  # noqa: E402
from running_proxy import HAPROXY, NGINX, Proxy, peer  # noqa: E402

# The answer's header tells what the upstream saw.
NGINX_TLS = NGINX + """
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{port} ssl{http2};
    ssl_certificate {chain};
    ssl_certificate_key {key};
    ssl_protocols {tls};
    ssl_session_cache shared:sessions:1m;
    ssl_client_certificate {trusted};
    ssl_verify_client optional;
    location / {{
      add_header saw "$server_protocol $ssl_protocol $ssl_server_name $ssl_client_verify $ssl_session_reused";
      return 200 "hello";
    }}
  }}
}}
"""
HAPROXY_TLS = HAPROXY + """
frontend edge
  bind 127.0.0.1:{port} ssl crt {chain} alpn {alpn} ssl-min-ver {tls} ssl-max-ver {tls} ca-file {trusted} verify optional
  http-request return status 200 content-type text/plain string hello hdr saw \
"%[req.ver] %[ssl_fc_protocol] %[ssl_fc_sni] %[ssl_c_used] %[ssl_fc_is_resumed]"
"""
HTTP2 = """
typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
    explicit_http_config: { http2_protocol_options: {} }
"""


def server(make, folder, authority, version, http2):
    """A peer as upstream."""
    identity = authority.issue("upstream", names="DNS:upstream.test")
    return peer(NGINX_TLS if make == "nginx" else HAPROXY_TLS, folder, chain=identity.chain, key=identity.key,
                trusted=authority.pem, tls=version, http2=" http2" if http2 else "", alpn="h2" if http2 else "http/1.1")


def answers(proxy, count=2):
    """Status and "saw" of requests, each of which makes a connection to the upstream anew."""
    got = []
    for _ in range(count):
        done = subprocess.run(["curl", "-s", "-i", "--max-time", "10", f"http://127.0.0.1:{proxy.port}/"],
                              capture_output=True, text=True, timeout=20)
        lines = done.stdout.splitlines()
        saw = [line[4:].strip() for line in lines if line.lower().startswith("saw:")]
        got.append((lines[0].split()[1] if lines else "none", saw[0] if saw else ""))
    return got


def check(weir, make, version, http2, folder):
    """What is wrong; empty: nothing."""
    authority = Authority(folder, f"{make}-{version}-{http2}")
    own = authority.issue("proxy")
    common = f"tls_certificates: [{own.yaml()}]"
    wrong = []
    # One request a connection, so that the second one resumes.
    once = "max_requests_per_connection: 1\n"
    with server(make, folder, authority, version, http2) as upstream:
        for names, fine in ((["sni: upstream.test", "auto_sni_san_validation: true"], True),
                            (["sni: other.test", "auto_sni_san_validation: true"], False)):
            cluster = client_socket(authority.pem, common, names) + (HTTP2 if http2 else "") + once
            with Proxy(weir, cluster=cluster, upstream_port=upstream.port) as proxy:
                for number, (status, saw) in enumerate(answers(proxy)):
                    if not fine:
                        expected = status == "503"
                    elif make == "nginx":
                        protocol = "HTTP/2.0" if http2 else "HTTP/1.1"
                        expected = status == "200" and saw == (
                            f"{protocol} {version} upstream.test SUCCESS {'r' if number else '.'}")
                    else:
                        expected = status == "200" and saw.endswith(f"{version} upstream.test 1 {number}")
                    if not expected:
                        wrong.append(f"{make} {version} {'HTTP/2' if http2 else 'HTTP/1.1'} {names[0]}: {status} {saw}")
    return wrong


def main():
    weir = sys.argv[1]
    os.environ["PATH"] += os.pathsep + "/usr/sbin"  # Where servers are, and not every caller looks.
    if absent := [program for program in ("nginx", "haproxy", "curl", "openssl") if shutil.which(program) is None]:
        sys.exit(f"not installed: {', '.join(absent)} (tools/setup installs them)")
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        for make in ("nginx", "haproxy"):
            for version in ("TLSv1.2", "TLSv1.3"):
                for http2 in (False, True):
                    wrong += check(weir, make, version, http2, folder)
    print("\n".join(wrong))
    print(f"8 kinds of upstreams, {len(wrong)} answers not as they should be")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
