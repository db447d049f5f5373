#!/usr/bin/env python3
"""Private keys and passwords in every place where configuration can hold them, good and broken: none of them comes out in
a log of the finest level, an admin page or an error. A key file that everybody can read is warned of."""

import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "conformance"))
from certificates import Authority, openssl, server_socket, streamed_server_socket, write_secret  # noqa: E402
from running_proxy import Proxy  # noqa: E402

PAGES = ["/config_dump", "/config_dump?include_eds", "/certs", "/stats", "/stats/prometheus", "/clusters", "/listeners",
         "/init_dump", "/server_info", "/memory"]
PASSWORD = "correct horse battery staple"


def quoted(text):
    return "\"" + text.replace("\n", "\\n") + "\""


def read(path):
    with open(path) as file:
        return file.read()


def words(pem):
    """The lines of base64 that are a key's alone."""
    return [line for line in pem.splitlines() if len(line) > 30 and "-----" not in line]


def inline(identity, key=None, more=""):
    return (f"tls_certificate: {{ certificate_chain: {{ inline_string: {quoted(read(identity.chain))} }}, "
            f"private_key: {{ inline_string: {quoted(key or read(identity.key))} }}{more} }}")


def check(what, text, secrets, wrong):
    for secret in secrets:
        if secret in text:
            wrong.append(f"{what} shows {secret[:6]}...")


def rejected(proxy, own, value, step):
    """Streams a secret that must be refused; waits until it was."""
    before = proxy.stat("sds.own.update_rejected")
    write_secret(own, step, "own", value)
    deadline = time.monotonic() + 20
    while proxy.stat("sds.own.update_rejected") == before and time.monotonic() < deadline:
        time.sleep(0.02)
    return proxy.stat("sds.own.update_rejected") > before


def main():
    weir, wrong = sys.argv[1], []
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        static, good, other = authority.issue("static"), authority.issue("good"), authority.issue("other")
        os.chmod(static.key, 0o644)
        locked = os.path.join(folder, "locked.key")
        openssl("pkey", "-in", other.key, "-aes256", "-passout", f"pass:{PASSWORD}", "-out", locked)
        secrets = [line for path in (static.key, good.key, other.key, locked) for line in words(read(path))] + [PASSWORD]
        own, trust = os.path.join(folder, "own.yaml"), os.path.join(folder, "trust.yaml")
        write_secret(trust, 0, "trust", f"validation_context: {{ trusted_ca: {{ filename: {authority.pem} }} }}")
        write_secret(own, 0, "own", inline(good))
        for chain in (server_socket([static]), streamed_server_socket(own, trust)):
            with Proxy(weir, chain=chain, log_level="trace") as proxy:
                if chain != server_socket([static]):
                    bad = [inline(good, read(other.key)), inline(good, read(other.key)[:-60]),
                           inline(other, read(locked), f", password: {{ inline_string: {quoted(PASSWORD + 'x')} }}"),
                           "tls_certificate: { pkcs12: { inline_string: x }, password: { inline_string: "
                           f"{quoted(PASSWORD)} }} }}"]
                    for step, value in enumerate(bad, 1):
                        if not rejected(proxy, own, value, step):
                            wrong.append(f"secret {step} was not refused")
                        for page in PAGES:
                            check(page, proxy.page(page), secrets, wrong)
                subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.port}"], stdin=subprocess.DEVNULL,
                               capture_output=True, timeout=20)
                for page in PAGES:
                    check(page, proxy.page(page), secrets, wrong)
                log = proxy.log()
                check("the log", log, secrets, wrong)
                if chain == server_socket([static]) and f"can read the key in {static.key}" not in log:
                    wrong.append("nobody was warned of a key that everybody can read")
    print("\n".join(wrong))
    print(f"{len(secrets)} pieces of secrets, shown {len(wrong)} times")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
