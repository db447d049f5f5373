// What stands in the place of secrets. Private to schema; IsSensitive and Redact are in
// proto_to_text.h.
#pragma once

#include <string_view>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/struct.pb.h"

namespace weir::schema {

inline constexpr const char* kRedacted = "[redacted]";

// Removes the secrets from a Struct that stands for a message of `type`.
void RedactStruct(google::protobuf::Struct& value, const google::protobuf::Descriptor& type,
                  int levels);

}  // namespace weir::schema
