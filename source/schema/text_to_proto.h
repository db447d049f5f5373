// From YAML or JSON to a message, by walking the document against the descriptor.
//
// Accepts what Envoy accepts: snake_case and lowerCamelCase names, durations ("1.5s"), `Any` with
// "@type", wrappers as their value, Struct, both TypedStructs (their value is checked against the
// type they name), enums by name or number, bytes as base64. Every error is reported, each with
// position, path, value and, for a name, the nearest one. Null means "not set". Pure; thread-safe.
#pragma once

#include <memory>
#include <string_view>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"
#include "source/schema/diagnostic.h"
#include "source/schema/document.h"

namespace weir::schema {

// Merges `node` into `message`, which is generated or from FullPool(). The content of an `Any` is
// read with the types of FullPool(), so `message` should be, too, where unsupported fields are to
// be told from unknown ones. False when an error was added. `path` goes before each path in the
// diagnostics.
bool NodeToMessage(const Document& document, const Node& node, google::protobuf::Message& message,
                   Diagnostics& diagnostics, std::string_view path = {});

// As NodeToMessage for a Struct, which has no positions: what a TypedStruct holds as the message it
// stands for.
bool StructToMessage(const google::protobuf::Struct& value, google::protobuf::Message& message,
                     Diagnostics& diagnostics, std::string_view path = {});

// The message in `any` as a compiled-in type, looking through both TypedStructs. Null when the type
// is not compiled in, when the bytes are broken or when a TypedStruct does not fit its type; then
// with a diagnostic at `path`.
std::unique_ptr<google::protobuf::Message> UnpackGenerated(const google::protobuf::Any& any,
                                                           Diagnostics& diagnostics,
                                                           std::string_view path = {});

// The name of the message that `any` stands for: its own type, or what a TypedStruct in it names.
std::string ExtensionTypeName(const google::protobuf::Any& any);

}  // namespace weir::schema
