"""Programs that are built from Go modules, with the versions that go.mod and go.sum name."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile


def built(module, package="."):
    """The path of the program that `package` makes in the module of folder `module`. It is built when the cache has none of
    these sources."""
    sources = hashlib.sha256(package.encode())
    for name in sorted(os.listdir(module)):
        with open(os.path.join(module, name), "rb") as file:
            sources.update(file.read())
    cache = os.path.expanduser("~/.cache/weir/go")
    program = os.path.join(cache, f"{os.path.basename(module)}-{sources.hexdigest()[:16]}")
    if os.path.exists(program):
        return program
    go = shutil.which("go")
    if go is None:
        sys.exit(f"{module} is built with Go: tools/setup installs it")
    os.makedirs(cache, exist_ok=True)
    environment = dict(os.environ, HOME=os.path.expanduser("~"), GOFLAGS="-mod=readonly")
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        made = os.path.join(folder, "program")
        subprocess.run([go, "build", "-o", made, package], cwd=module, env=environment, check=True)
        os.rename(made, program)
    return program
