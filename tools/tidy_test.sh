#!/bin/bash
# Runs tools/tidy on the tree that this file is in (the runfile is a link to it), and hands its result to Bazel.
set -u
here="$(dirname "$(realpath "${BASH_SOURCE[0]}")")"
PYTHONDONTWRITEBYTECODE=1 exec "$here/tidy" --xml "${XML_OUTPUT_FILE:-/dev/null}"
