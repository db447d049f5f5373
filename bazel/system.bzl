"""@system: the C and C++ libraries of Debian's packages. Their headers are in the compiler's own path; a target carries link flags and defines."""

# Target -> the pkg-config modules behind it.
_MODULES = {
    "absl": [
        "absl_any_invocable",
        "absl_btree",
        "absl_cord",
        "absl_flat_hash_map",
        "absl_flat_hash_set",
        "absl_hash",
        "absl_inlined_vector",
        "absl_node_hash_map",
        "absl_node_hash_set",
        "absl_random_random",
        "absl_span",
        "absl_status",
        "absl_statusor",
        "absl_str_format",
        "absl_strings",
        "absl_time",
    ],
    "benchmark": ["benchmark"],
    "cares": ["libcares"],
    # Without grpc++_error_details: it defines google.rpc.Status, which api/ brings.
    "grpc++": ["grpc++", "protobuf"],
    "httplib": ["cpp-httplib"],
    "nghttp2": ["libnghttp2"],
    "protobuf": ["protobuf"],
    "rapidjson": [],
    "re2": ["re2"],
    "spdlog": ["spdlog"],
    "sqlite3": ["sqlite3"],
    "yaml_cpp": ["yaml-cpp"],
    "zlib": ["zlib"],
}

# libgrpc loads OpenSSL by itself. Named on our link line, its symbols would stand in for those of BoringSSL.
_NEVER_LINKED = ["-lssl", "-lcrypto"]

_TARGET = """
cc_library(
    name = "{name}",
    defines = {defines},
    linkopts = {linkopts},
)
"""

def _pkg_config(repository_ctx, flag, modules):
    if not modules:
        return []
    result = repository_ctx.execute(["pkg-config", flag] + modules)
    if result.return_code != 0:
        fail("pkg-config %s %s: %s Run tools/setup, which installs what is missing." % (flag, " ".join(modules), result.stderr))
    return [word for word in result.stdout.replace("\n", " ").split(" ") if word]

def _system_repository(repository_ctx):
    build = """load("@rules_cc//cc:defs.bzl", "cc_library")

package(default_visibility = ["//visibility:public"])
"""
    for name, modules in _MODULES.items():
        linkopts = []
        for word in _pkg_config(repository_ctx, "--libs", modules):
            if word.startswith("-l") and word not in _NEVER_LINKED and word not in linkopts:
                linkopts.append(word)
        defines = [word[2:] for word in _pkg_config(repository_ctx, "--cflags-only-other", modules) if word.startswith("-D")]
        build += _TARGET.format(name = name, defines = repr(defines), linkopts = repr(linkopts))
    repository_ctx.file("BUILD.bazel", build)

system_repository = repository_rule(
    implementation = _system_repository,
    doc = "One cc_library for each entry of the table above, with what pkg-config says.",
    local = True,
)
