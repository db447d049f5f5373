#!/bin/bash
# Fails when a C++ file of the tree that this file is in (the runfile is a link to it) is not formatted.
set -u
here="$(dirname "$(realpath "${BASH_SOURCE[0]}")")"
exec "$here/format" --check
