// Which parts of a message the data plane does not implement.
//
// A field that the compiled-in message lacks, an enum value that it lacks and an extension nobody
// decodes must refuse the resource: ignored, they would send plaintext, widen a route, open a door.
// The exceptions are in api/ignorable.tsv, extensions marked `is_optional`, and alternatives in a
// list of load-balancing policies. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "source/schema/diagnostic.h"

namespace weir::schema {

struct Unsupported {
  enum class Kind { kField, kFieldNumber, kEnumValue, kExtension };

  Kind kind;
  std::string path;     // from the root of the message
  std::string message;  // the message that has the field: "envoy.config.listener.v3.Listener"
  std::string field;    // its name; "#99" when the API's table does not know the number
  std::string value;    // kEnumValue: name or number; kExtension: the type name
  std::string reason;   // for the ignored: why

  // "field `x` of M is not supported"
  std::string ToString() const;
  bool operator==(const Unsupported&) const = default;
};

struct SupportReport {
  std::vector<Unsupported> refused;
  std::vector<Unsupported> ignored;
};

// True for the full names of messages that the data plane decodes inside an `Any`.
using KnownExtension = std::function<bool(std::string_view message_name)>;

// What happens to a field that the data plane lacks: Envoy's flags for unknown fields.
enum class MissingFields : uint8_t {
  kRefuse,
  // Is noted, and refuses nothing, where MayBeMissing says so. Enum values and extensions are
  // refused all the same.
  kIgnore,
};

// Whether a field of the message of that full name may be ignored where the operator says so. Never
// one of what matches, authenticates, limits or encrypts: without it a rule would be wider than it
// was written.
bool MayBeMissing(std::string_view message);

// `message` is a compiled-in message parsed from the bytes of the resource. Looks into every `Any`
// whose type is known and compiled in.
SupportReport CheckSupported(const google::protobuf::Message& message, const KnownExtension& known,
                             MissingFields missing = MissingFields::kRefuse);

// The refused as errors, `path` before each path.
void AddRefused(const SupportReport& report, Diagnostics& diagnostics, std::string_view path = {});

}  // namespace weir::schema
