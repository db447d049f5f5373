"""The rules of this tree: one set of flags for all of our code, and proto libraries rooted at api/."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wshadow",
    "-Wthread-safety",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wimplicit-fallthrough",
    "-Wunreachable-code",
    "-Wextra-semi",
    # Plain structs with defaults are filled by designated initializers that name only what differs.
    "-Wno-missing-designated-field-initializers",
]

# -c opt and --config=release bring their own level; plain builds get -O1, as tests then run in a third of the time.
_LEVEL = select({
    "//bazel:opt": [],
    "//conditions:default": ["-O1"],
})

_COPTS = _WARNINGS + ["-g1"]

def weir_library(name, srcs = [], hdrs = [], deps = [], copts = [], visibility = None, **kwargs):
    """A library of our own code. The main target of a folder has the folder's name."""
    cc_library(
        name = name,
        srcs = srcs,
        hdrs = hdrs,
        deps = deps,
        copts = _COPTS + copts + _LEVEL,
        linkstatic = True,
        visibility = visibility or ["//visibility:public"],
        **kwargs
    )

def weir_extension(name, deps = [], config_deps = []):
    """An extension: `config` decodes and checks its message, the target with the folder's name acts on it."""
    weir_library(
        name = "config",
        srcs = ["config.cc"],
        hdrs = ["config.h"],
        deps = [
            "//api:config",
            "//source/base",
            "//source/config",
            "//source/config/proto",
        ] + config_deps,
    )
    weir_library(
        name = name,
        srcs = [name + ".cc"],
        hdrs = [name + ".h"],
        deps = [
            ":config",
            "//source/filter",
        ] + deps,
    )

def weir_binary(name, srcs = [], deps = [], copts = [], visibility = None, **kwargs):
    """A program. Its symbols are bound at the start: the table of them is read-only from then on, and no binding in between
    saves registers, with whatever was copied last, on a stack."""
    cc_binary(
        name = name,
        srcs = srcs,
        deps = deps,
        copts = _COPTS + copts + _LEVEL,
        linkopts = ["-Wl,-z,relro,-z,now"],
        visibility = visibility or ["//visibility:public"],
        **kwargs
    )

def weir_test(name, srcs = [], deps = [], data = [], copts = [], **kwargs):
    """A GoogleTest program; main() comes with it. One a folder. Its working directory is the tree's root."""
    cc_test(
        name = name,
        srcs = srcs,
        deps = deps + ["@googletest//:gtest_main"],
        data = data + ["//bazel/sanitizers:suppressions"],
        copts = _COPTS + copts + _LEVEL,
        linkstatic = True,
        **kwargs
    )

def weir_fuzz_test(name, srcs = [], corpus = [], deps = [], data = [], copts = [], **kwargs):
    """A fuzz target (LLVMFuzzerTestOneInput).

    An ordinary test that runs the files of `corpus` once; under --config=fuzz it is a libFuzzer program (tools/fuzz).
    """
    native.filegroup(
        name = name + "_corpus",
        srcs = corpus,
        testonly = True,
    )
    cc_test(
        name = name,
        srcs = srcs,
        args = ["$(rootpaths :%s_corpus)" % name] if corpus else [],
        data = data + [":%s_corpus" % name, "//bazel/sanitizers:suppressions"],
        deps = deps + select({
            "//bazel:fuzzing": [],
            "//conditions:default": ["//bazel:corpus_driver"],
        }),
        copts = _COPTS + copts + _LEVEL,
        linkopts = select({
            "//bazel:fuzzing": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        linkstatic = True,
        tags = kwargs.pop("tags", []) + ["fuzz"],
        **kwargs
    )

def weir_proto_library(name, srcs, deps = [], grpc = False, visibility = None, **kwargs):
    """C++ code for .proto files of the package //api, whose folder is the import root.

    A file api/envoy/type/v3/percent.proto is imported as "envoy/type/v3/percent.proto" and included as
    "envoy/type/v3/percent.pb.h". `deps` names other weir_proto_library targets of the package.

    Makes `name` (the library), `name`_protos (the .proto files with those of all deps) and
    `name`_descriptors (a FileDescriptorSet with imports in `name`.descriptors.binpb, to be used as test data).
    """
    visibility = visibility or ["//visibility:public"]
    package = native.package_name()
    protos = name + "_protos"
    native.filegroup(
        name = protos,
        srcs = srcs + [dep + "_protos" for dep in deps],
        visibility = visibility,
    )
    stems = [src[:-len(".proto")] for src in srcs]
    extensions = [".pb"] + ([".grpc.pb"] if grpc else [])
    sources = [stem + extension + ".cc" for stem in stems for extension in extensions]
    headers = [stem + extension + ".h" for stem in stems for extension in extensions]
    paths = " ".join([package + "/" + src for src in srcs])
    flags = "-I%s -I/usr/include" % package
    grpc_flags = "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin --grpc_out=$(RULEDIR) " if grpc else ""
    native.genrule(
        name = name + "_code",
        srcs = [":" + protos],
        outs = sources + headers,
        cmd = "/usr/bin/protoc %s --cpp_out=$(RULEDIR) %s%s" % (flags, grpc_flags, paths),
        message = "Generating C++ for",
    )
    native.genrule(
        name = name + "_descriptors",
        srcs = [":" + protos],
        outs = [name + ".descriptors.binpb"],
        cmd = "/usr/bin/protoc %s --include_imports --descriptor_set_out=$@ %s" % (flags, paths),
        message = "Describing",
        visibility = visibility,
    )
    cc_library(
        name = name,
        srcs = sources,
        hdrs = headers,
        deps = deps + ["@system//:protobuf"] + (["@system//:grpc++"] if grpc else []),
        copts = ["-w", "-g0"] + _LEVEL,
        includes = ["."],
        linkstatic = True,
        visibility = visibility,
        **kwargs
    )
