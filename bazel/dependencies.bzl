"""Where everything comes from: Debian's packages, and one Debian source package (BoringSSL). Bazel downloads nothing itself."""

load("//bazel:boringssl.bzl", "boringssl_repository")
load("//bazel:system.bzl", "system_repository")

_RULES_CC = """
cc_binary = native.cc_binary
cc_import = native.cc_import
cc_library = native.cc_library
cc_proto_library = native.cc_proto_library
cc_test = native.cc_test
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
fdo_prefetch_hints = native.fdo_prefetch_hints
fdo_profile = native.fdo_profile
objc_import = native.objc_import
objc_library = native.objc_library
"""

def _rules_cc_shim(repository_ctx):
    """Gives Bazel's native rules under the names that its own tools load; Debian's bazel-rules-cc is too new for Bazel 4."""
    repository_ctx.file("BUILD.bazel")
    repository_ctx.file("cc/BUILD.bazel")
    repository_ctx.file("cc/defs.bzl", _RULES_CC)

_rules_cc_repository = repository_rule(implementation = _rules_cc_shim)

def _coverage_shim(repository_ctx):
    """cc_test wants a target of this name even when no coverage is asked for."""
    repository_ctx.file("BUILD.bazel", """
filegroup(
    name = "coverage_report_generator",
    visibility = ["//visibility:public"],
)
""")

_coverage_repository = repository_rule(implementation = _coverage_shim)

def weir_dependencies():
    """Declares all external repositories."""
    _rules_cc_repository(name = "rules_cc")
    _coverage_repository(name = "remote_coverage_tools")
    for name, path in {
        "bazel_skylib": "/usr/share/bazel/tools/skylib",
        "platforms": "/usr/share/bazel/tools/platforms",
        "rules_java": "/usr/share/bazel/rules/java",
        "rules_proto": "/usr/share/bazel/rules/proto",
    }.items():
        native.local_repository(name = name, path = path)
    native.new_local_repository(
        name = "googletest",
        build_file = "//bazel:googletest.BUILD",
        path = "/usr/src/googletest",
    )
    system_repository(name = "system")
    boringssl_repository(name = "boringssl")
