"""A certificate authority on the command line of OpenSSL, and transport sockets of the proxy with what it issues."""

import os
import subprocess

KEYS = {
    "P-256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "P-384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "RSA": ["-newkey", "rsa:2048"],
    "Ed25519": ["-newkey", "ed25519"],
}
TYPE_URL = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Identity:
    """Paths of a chain and of its key."""

    def __init__(self, chain, key):
        self.chain, self.key = chain, key

    def yaml(self):
        return f"{{ certificate_chain: {{ filename: {self.chain} }}, private_key: {{ filename: {self.key} }} }}"


class Authority:
    def __init__(self, folder, name="root"):
        self.folder, self.name = folder, name
        self.pem, self.key = os.path.join(folder, f"{name}.pem"), os.path.join(folder, f"{name}.key")
        openssl("req", "-x509", *KEYS["P-256"], "-nodes", "-subj", f"/CN={name}", "-days", "2",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-keyout", self.key, "-out", self.pem)

    def issue(self, name, key="P-256", names="DNS:localhost,IP:127.0.0.1"):
        base = os.path.join(self.folder, f"{self.name}-{name}-{key}")
        # HAProxy finds the key beside the chain.
        identity = Identity(f"{base}.pem", f"{base}.pem.key")
        openssl("req", "-new", *KEYS[key], "-nodes", "-subj", f"/CN={name}", "-keyout", identity.key,
                "-out", f"{base}.csr")
        with open(f"{base}.ext", "w") as file:
            file.write(f"basicConstraints=critical,CA:FALSE\nsubjectAltName={names}\n"
                       "extendedKeyUsage=serverAuth,clientAuth\n")
        openssl("x509", "-req", "-in", f"{base}.csr", "-CA", self.pem, "-CAkey", self.key, "-CAcreateserial",
                "-days", "2", "-extfile", f"{base}.ext", "-out", identity.chain)
        return identity


def _socket(side, common, more):
    return ("transport_socket:\n"
            "  name: tls\n"
            "  typed_config:\n"
            f"    \"@type\": {TYPE_URL}{side}TlsContext\n"
            f"    common_tls_context: {{ {common} }}\n" + "".join(f"    {line}\n" for line in more))


def streamed_server_socket(certificate_file, trust_file, common="alpn_protocols: [h2, http/1.1]"):
    """Lines of a filter chain whose secrets "own" and "trust" come from watched files."""
    return _socket("Downstream", f"{_streamed(certificate_file, trust_file)}, {common}", ())


def streamed_client_socket(certificate_file, trust_file, more=("sni: localhost", "auto_sni_san_validation: true")):
    """The same of a cluster."""
    return _socket("Upstream", _streamed(certificate_file, trust_file), more)


def _streamed(certificate_file, trust_file):
    def secret(name, path):
        return f"{{ name: {name}, sds_config: {{ path_config_source: {{ path: {path} }} }} }}"
    return (f"tls_certificate_sds_secret_configs: [{secret('own', certificate_file)}], "
            f"validation_context_sds_secret_config: {secret('trust', trust_file)}")


def write_secret(path, version, name, value):
    """A response with one secret, moved to its place whole."""
    with open(f"{path}.new", "w") as file:
        file.write(f"version_info: \"{version}\"\nresources:\n"
                   f"- {{ \"@type\": {TYPE_URL}Secret, name: {name}, {value} }}\n")
    os.rename(f"{path}.new", path)


def server_socket(identities, common="alpn_protocols: [h2, http/1.1]", more=()):
    """Lines of a filter chain."""
    chains = ", ".join(identity.yaml() for identity in identities)
    return _socket("Downstream", f"tls_certificates: [{chains}]" + (f", {common}" if common else ""), more)


def client_socket(trusted, common="", more=("sni: localhost", "auto_sni_san_validation: true")):
    """Lines of a cluster."""
    trust = f"validation_context: {{ trusted_ca: {{ filename: {trusted} }} }}"
    return _socket("Upstream", trust + (f", {common}" if common else ""), more)
