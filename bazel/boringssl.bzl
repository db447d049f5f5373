"""@boringssl: BoringSSL from Debian's source package, pinned and checked, linked statically with hidden symbols.

Debian's binary package is a shared library that clashes with the OpenSSL that gRPC loads.
"""

_PACKAGE = "android-platform-external-boringssl"
_VERSION = "13.0.0+r24-2"
_ARCHIVE = "android-platform-external-boringssl_13.0.0+r24.orig.tar.xz"
_FOLDER = "android-platform-external-boringssl-13.0.0+r24"
_SHA256 = "583b7aeee1fca68b8244d086cea6fca23bd19d517bd63f0b9de714e048f92a7d"

# Fetches the archive into $1 unless it is there already. apt gets a list directory of its own with the machine's
# own sources, so that neither deb-src lines nor the machine's lists are touched.
_FETCH = """
set -eu
store="$1" package="$2" version="$3" archive="$4" sha256="$5"
check() { echo "$sha256  $store/$archive" | sha256sum --check --status; }
mkdir -p "$store"
check 2>/dev/null && exit 0
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/parts"
for file in /etc/apt/sources.list.d/*.sources; do
  [ -e "$file" ] && sed -E 's/^Types:.*/Types: deb-src/' "$file" > "$work/parts/$(basename "$file")"
done
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ -e "$file" ] && sed -nE 's/^deb(-src)? /deb-src /p' "$file" | sort -u > "$work/parts/$(basename "$file" .list).list"
done
chmod -R a+rX "$work"
apt="-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=$work/parts -o Dir::State::Lists=$work/lists
     -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User="
apt-get $apt -q update
cd "$work"
apt-get $apt -q source --download-only "$package=$version"
mv "$archive" "$store/$archive.$$"
mv "$store/$archive.$$" "$store/$archive"
check || { echo "$archive does not have the pinned sha256 $sha256" >&2; rm -f "$store/$archive"; exit 1; }
"""

def _boringssl_repository(repository_ctx):
    store = repository_ctx.os.environ.get("HOME", "/var/tmp") + "/.cache/weir/source"
    result = repository_ctx.execute(
        ["/bin/sh", "-c", _FETCH, "fetch", store, _PACKAGE, _VERSION, _ARCHIVE, _SHA256],
        timeout = 600,
    )
    if result.return_code != 0:
        fail("cannot get the source package %s=%s with apt-get:\n%s%s" % (_PACKAGE, _VERSION, result.stdout, result.stderr))
    result = repository_ctx.execute([
        "tar",
        "--extract",
        "--file=" + store + "/" + _ARCHIVE,
        "--strip-components=1",
        "--exclude=*/BUILD",
        "--exclude=*.go",
        _FOLDER + "/BUILD.generated.bzl",
        _FOLDER + "/LICENSE",
        _FOLDER + "/err_data.c",
        _FOLDER + "/linux-aarch64",
        _FOLDER + "/linux-x86_64",
        _FOLDER + "/src/crypto",
        _FOLDER + "/src/include",
        _FOLDER + "/src/ssl",
        _FOLDER + "/src/third_party",
    ])
    if result.return_code != 0:
        fail("cannot unpack %s: %s" % (_ARCHIVE, result.stderr))
    repository_ctx.symlink(Label("//bazel:boringssl.BUILD"), "BUILD.bazel")

boringssl_repository = repository_rule(
    implementation = _boringssl_repository,
    doc = "Fetches the pinned source package through apt and unpacks the library's part of it.",
    environ = ["HOME"],
)
