#!/usr/bin/env python3
"""Handshakes with clients of another make, OpenSSL's s_client and curl, as a table over versions, key types, curves, server
names, ALPN, client certificates and resumption."""

import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "conformance"))
from certificates import Authority, server_socket  # noqa: E402
from running_proxy import Proxy  # noqa: E402

COMMON = ("alpn_protocols: [h2, http/1.1], tls_params: { ecdh_curves: [X25519, P-256, P-384] }")
# What s_client prints, by what it is here.
PATTERNS = {
    "version": r"New, (TLSv[\d.]+|SSL\S*), Cipher|Reused, (TLSv[\d.]+), Cipher",
    "cipher": r"Cipher is (\S+)",
    "group": r"Server Temp Key: (?:ECDH, )?(\w+),",
    "signed": r"Peer signature type: (\S+)",
    "subject": r"subject=CN = (\S+)",
    "alpn": r"ALPN protocol: (\S+)",
    "reused": r"^(Reused), TLS",
}
# Arguments of s_client, and what must come of them; None: no handshake.
TABLE = [
    ("-tls1_3", {"version": "TLSv1.3", "signed": "ECDSA", "subject": "edge", "group": "X25519"}),
    # AES-128 and ChaCha20 have one rank: which it is, the client says.
    ("-tls1_2", {"version": "TLSv1.2", "cipher": "ECDHE-ECDSA-CHACHA20-POLY1305", "subject": "edge"}),
    ("-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305",
     {"cipher": "ECDHE-ECDSA-AES128-GCM-SHA256"}),
    ("-tls1_1 -cipher DEFAULT:@SECLEVEL=0", None),
    ("-tls1 -cipher DEFAULT:@SECLEVEL=0", None),
    ("-tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256", {"cipher": "TLS_AES_128_GCM_SHA256"}),
    ("-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384", {"cipher": "TLS_AES_256_GCM_SHA384"}),
    ("-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256", {"cipher": "TLS_CHACHA20_POLY1305_SHA256"}),
    ("-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384", {"cipher": "ECDHE-ECDSA-AES256-GCM-SHA384"}),
    ("-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305", {"cipher": "ECDHE-ECDSA-CHACHA20-POLY1305"}),
    ("-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256", {"signed": "RSA-PSS", "subject": "edge"}),
    ("-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384", {"cipher": "ECDHE-RSA-AES256-GCM-SHA384"}),
    ("-tls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305", {"cipher": "ECDHE-RSA-CHACHA20-POLY1305"}),
    ("-tls1_2 -cipher AES128-GCM-SHA256", None),
    ("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA", None),
    ("-tls1_3 -sigalgs RSA-PSS+SHA256", {"signed": "RSA-PSS", "subject": "edge"}),
    ("-tls1_3 -sigalgs ECDSA+SHA256", {"signed": "ECDSA"}),
    ("-tls1_3 -sigalgs ECDSA+SHA384 -servername p384.test", {"signed": "ECDSA", "subject": "p384"}),
    ("-tls1_3 -sigalgs ed25519 -servername ed.test", {"signed": "ed25519", "subject": "ed"}),
    ("-tls1_3 -groups X25519", {"group": "X25519"}),
    ("-tls1_3 -groups P-256", {"group": "prime256v1"}),
    ("-tls1_3 -groups P-384", {"group": "secp384r1"}),
    ("-tls1_3 -groups P-521", None),
    ("-tls1_2 -groups P-384", {"group": "secp384r1"}),
    ("-servername other.test", {"subject": "other"}),
    ("-servername OTHER.test", {"subject": "other"}),
    ("-servername a.wild.test", {"subject": "wild"}),
    ("-servername a.b.wild.test", {"subject": "edge"}),
    ("-servername unknown.test", {"subject": "edge"}),
    ("-noservername", {"subject": "edge"}),
    ("-alpn h2,http/1.1", {"alpn": "h2"}),
    ("-alpn http/1.1", {"alpn": "http/1.1"}),
    ("-alpn http/1.1,h2", {"alpn": "h2"}),
    ("-alpn ftp", None),
    ("", {"alpn": None}),
]


class Clients:
    """The clients against one proxy; collects what went wrong."""

    def __init__(self, proxy, authority):
        self.proxy, self.authority, self.wrong, self.count = proxy, authority, [], 0

    def s_client(self, arguments):
        """What it prints, of a connection with one request; empty without a handshake."""
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{self.proxy.port}", "-CAfile", self.authority.pem,
                   "-verify_return_error", "-ign_eof", *arguments.split()]
        if "servername" not in arguments:
            command += ["-servername", "localhost"]
        request = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        if "-alpn h2" in arguments or ",h2" in arguments:
            command.remove("-ign_eof")
            request = ""
        done = subprocess.run(command, input=request, capture_output=True, text=True, errors="replace", timeout=20)
        return done.stdout if "Cipher is (NONE)" not in done.stdout else ""

    def expect(self, what, fine, detail=""):
        self.count += 1
        if not fine:
            self.wrong.append(f"{what}: {detail}")

    def row(self, arguments, expected):
        printed = self.s_client(arguments)
        if expected is None:
            return self.expect(arguments, printed == "", "there should be no handshake")
        found = {}
        for name in expected:
            match = re.search(PATTERNS[name], printed, re.M)
            found[name] = next(filter(None, match.groups())) if match else None
        self.expect(arguments or "(no arguments)", found == expected, f"{found} in place of {expected}")

    def resumption(self, arguments, resumes, folder):
        session = os.path.join(folder, "session")
        if os.path.exists(session):
            os.remove(session)
        self.s_client(f"{arguments} -sess_out {session}")
        # Of a server that keeps none there may be none to take up.
        kept = os.path.exists(session) and os.path.getsize(session) > 0
        printed = self.s_client(f"{arguments} -sess_in {session}" if kept else arguments)
        reused = re.search(PATTERNS["reused"], printed, re.M) is not None
        self.expect(f"a session of {arguments}", reused == resumes and printed != "",
                    f"resumed: {reused}, should be: {resumes}")

    def curl(self, arguments, expected):
        """`expected`: status and version, as in "200 2"; None: no answer."""
        command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{http_version}", "--max-time", "10",
                   "--cacert", self.authority.pem, *arguments.split(), f"https://localhost:{self.proxy.port}/"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
        got = done.stdout if done.returncode == 0 else None
        self.expect(f"curl {arguments}", got == expected, f"{got} in place of {expected} (exit {done.returncode})")


def plain_listener(weir, authority, folder):
    identities = [authority.issue("edge"), authority.issue("edge", "RSA"),
                  authority.issue("other", names="DNS:other.test"), authority.issue("wild", names="DNS:*.wild.test"),
                  authority.issue("p384", "P-384", "DNS:p384.test"), authority.issue("ed", "Ed25519", "DNS:ed.test")]
    with Proxy(weir, chain=server_socket(identities, COMMON)) as proxy:
        clients = Clients(proxy, authority)
        for arguments, expected in TABLE:
            clients.row(arguments, expected)
        for arguments, resumes in (("-tls1_3", True), ("-tls1_2", True), ("-tls1_2 -no_ticket", True)):
            clients.resumption(arguments, resumes, folder)
        for arguments, expected in (("--http2", "200 2"), ("--http1.1", "200 1.1"), ("--tls-max 1.2", "200 2"),
                                    ("--tlsv1.3", "200 2"), ("--tls-max 1.1 --tlsv1.0", None)):
            clients.curl(arguments, expected)
        clients.expect("the proxy", proxy.running(), proxy.log())
    return clients


def without_resumption(weir, authority, folder):
    more = ["disable_stateless_session_resumption: true", "disable_stateful_session_resumption: true"]
    with Proxy(weir, chain=server_socket([authority.issue("edge")], COMMON, more)) as proxy:
        clients = Clients(proxy, authority)
        for arguments in ("-tls1_2", "-tls1_2 -no_ticket"):
            clients.resumption(arguments, False, folder)
    return clients


def with_client_certificates(weir, authority, folder):
    common = f"{COMMON}, validation_context: {{ trusted_ca: {{ filename: {authority.pem} }} }}"
    own, strange = authority.issue("client"), Authority(folder, "stranger").issue("client")
    chain = server_socket([authority.issue("edge")], common, ["require_client_certificate: true"])
    with Proxy(weir, chain=chain) as proxy:
        clients = Clients(proxy, authority)
        for version in ("--tls-max 1.2", "--tlsv1.3"):
            clients.curl(f"{version} --cert {own.chain} --key {own.key}", "200 2")
            clients.curl(f"{version} --cert {strange.chain} --key {strange.key}", None)
            clients.curl(version, None)
    return clients


def main():
    weir = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        groups = [run(weir, authority, folder)
                  for run in (plain_listener, without_resumption, with_client_certificates)]
    wrong = [line for clients in groups for line in clients.wrong]
    print("\n".join(wrong))
    print(f"{sum(clients.count for clients in groups)} handshakes, {len(wrong)} not as they should be")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
