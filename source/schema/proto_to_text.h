// From a message to JSON or YAML, with the field names of the API, as in Envoy's /config_dump.
//
// An `Any` is shown as its content with "@type" when its type is compiled in or in FullPool(), else
// as base64. Secret fields (api/sensitive.tsv) are shown as "[redacted]" unless asked otherwise.
// Generated or dynamic messages. Pure.
#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/message.h"

namespace weir::schema {

struct TextOptions {
  enum class Secrets { kRedact, kShow };

  Secrets secrets = Secrets::kRedact;
  bool pretty = true;       // JSON: indented by one space a level, as Envoy; else one line
  bool camel_case = false;  // lowerCamelCase names instead of the API's
  bool always_print_primitives = false;  // also fields that have their default value
};

std::string MessageToJson(const google::protobuf::Message& message,
                          const TextOptions& options = {});
std::string MessageToYaml(const google::protobuf::Message& message,
                          const TextOptions& options = {});

// Removes secrets from `message` in place: strings become "[redacted]", other values their default.
// An `Any` whose type nobody knows is emptied where the field that holds it is secret.
void Redact(google::protobuf::Message& message);

// Whether a resource holds a secret, from its type and its bytes. True as well when the type is
// unknown or the bytes are broken: nobody can say.
bool HoldsSecret(std::string_view type_url, std::string_view bytes);

// Whether (message, field) stands in api/sensitive.tsv.
bool IsSensitive(const google::protobuf::FieldDescriptor& field);

}  // namespace weir::schema
