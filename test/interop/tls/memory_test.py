#!/usr/bin/env python3
"""Private keys that were replaced are looked for in all the memory of the proxy and of the control plane: in PEM as they
came, and as the number that they stand for. Neither is found once the next one is in force; the one in force is found."""

import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "conformance"))
from certificates import TYPE_URL, Authority, server_socket, streamed_server_socket, write_secret  # noqa: E402
from running_proxy import CONTROL_PLANE, Program, Proxy, free_port  # noqa: E402

OWN_STREAM = ("tls_certificate_sds_secret_configs: [{ name: own, sds_config: { resource_api_version: V3, api_config_source: "
              "{ api_type: DELTA_GRPC, transport_api_version: V3, grpc_services: [{ envoy_grpc: "
              "{ cluster_name: control_plane } }] } } }]")


def read(path):
    with open(path) as file:
        return file.read()


def traces(key):
    """What gives a key away: the middle of its PEM, with the ends of lines as they are and as they are written in YAML, and
    its number (openssl's dump of it, without a leading zero). More than what vector registers hold: those are saved on
    stacks now and then, and stand there until the stack is used again."""
    pem = read(key).split("-----\n")[1][30:130]
    text = subprocess.run(["openssl", "pkey", "-in", key, "-noout", "-text"], check=True, capture_output=True, text=True).stdout
    number = bytes.fromhex(re.search(r"priv:\s+([0-9a-f:\s]+?)\s*pub:", text)[1].replace(":", "").replace(" ", "").replace("\n", ""))
    # BoringSSL keeps words of the machine: the lowest first.
    return {"PEM": pem.encode(), "PEM in YAML": pem.replace("\n", "\\n").encode(),
            "number": number[-32:], "number, reversed": number[::-1][:32]}


def memory(pid):
    """Everything that the process can write to, a piece after the other."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as pages:
        for line in maps:
            first, last, mode = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if not mode.startswith("rw"):
                continue
            try:
                pages.seek(int(first, 16))
                yield line.split()[-1], pages.read(int(last, 16) - int(first, 16))
            except OSError:
                continue


def found(pid, key):
    """How often each trace of the key is there."""
    wanted, places = traces(key), []
    for name, piece in memory(pid):
        places += [f"{what} in {name}" for what, trace in wanted.items() for _ in range(piece.count(trace))]
    return places


def left(pid, key):
    """What is left of a key some time after it was replaced: generations end a little later."""
    deadline = time.monotonic() + 10
    while places := found(pid, key):
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    return places


def shown(proxy, name):
    """Waits until new connections see the certificate."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.port}"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=20)
        if f"subject=CN = {name}\n" in done.stdout:
            return True
        time.sleep(0.05)
    return False


def quoted(path):
    return "\"" + read(path).replace("\n", "\\n") + "\""


def inline(identity):
    return (f"tls_certificate: {{ certificate_chain: {{ inline_string: {quoted(identity.chain)} }}, "
            f"private_key: {{ inline_string: {quoted(identity.key)} }} }}")


def check(what, proxy, pids, identities, write, wrong):
    """Each identity takes the place of the one before; `write` streams it."""
    for step, identity in enumerate(identities):
        write(step, inline(identity))
        if not shown(proxy, f"{what}{step}"):
            wrong.append(f"{what}: certificate {step} did not arrive: {proxy.log()}")
            return
        for name, pid in pids.items():
            if not found(pid, identity.key):
                wrong.append(f"{what}: {name} does not hold the key in force: the search finds nothing")
            if step > 0 and (places := left(pid, identities[step - 1].key)):
                wrong.append(f"{what}: {name} still holds the key before: {', '.join(places)}")


def main():
    weir, control, wrong = sys.argv[1], sys.argv[2], []
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        own, trust = os.path.join(folder, "own.yaml"), os.path.join(folder, "trust.yaml")
        by_file = [authority.issue(f"file{step}") for step in range(3)]
        write_secret(own, 0, "own", inline(by_file[0]))
        write_secret(trust, 0, "trust", f"validation_context: {{ trusted_ca: {{ filename: {authority.pem} }} }}")
        with Proxy(weir, chain=streamed_server_socket(own, trust)) as proxy:
            check("file", proxy, {"weir": proxy.pid}, by_file, lambda step, value: write_secret(own, step, "own", value), wrong)

        directory = os.path.join(folder, "directory")
        os.mkdir(directory)

        def publish(_, value):
            path = os.path.join(directory, "secrets.yaml")
            with open(f"{path}.new", "w") as file:
                file.write(f"resources:\n- {{ \"@type\": {TYPE_URL}Secret, name: own, {value} }}\n")
            os.rename(f"{path}.new", path)

        by_stream, port = [authority.issue(f"stream{step}") for step in range(3)], free_port()
        publish(0, inline(by_stream[0]))
        with Program([control, "--listen", f"127.0.0.1:{port}", "--directory", directory], port) as plane, \
                Proxy(weir, chain=server_socket([], OWN_STREAM).replace("tls_certificates: [], ", ""),
                      clusters=CONTROL_PLANE.format(port=port)) as proxy:
            check("stream", proxy, {"weir": proxy.pid, "weir-control": plane.pid}, by_stream, publish, wrong)
    print("\n".join(wrong) or "no key was found that had been replaced")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
