// Resources as YAML, decoded as the data plane decodes their bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "source/config/proto/decode.h"
#include "source/schema/resource_type.h"

namespace weir::config::proto {

// The decoders of every extension that there is.
const ExtensionDecoders& AllDecoders();

// A file "body.txt" with "from a file", and a variable BODY with "from a variable".
class FakeData final : public DataReader {
 public:
  absl::StatusOr<std::string> ReadFile(const std::string& path) const override;
  absl::StatusOr<std::string> ReadEnvironment(const std::string& variable) const override;
};

struct Outcome {
  std::optional<DecodedResource> resource;
  // "path: message, got VALUE [rule]", sorted.
  std::vector<std::string> errors;
  std::vector<std::string> ignored;  // paths
};

// `yaml` is read with the whole API's types and without any check, so that the errors are those of
// decoding. An error of reading fails the test.
Outcome Decode(std::string_view type_url, std::string_view yaml, bool allow_unknown_fields = false);
Outcome Decode(std::string_view type_url, std::string_view yaml, const DecodeOptions& options);

// The value of a resource that must decode; null, and a failed test, when it does not.
template <typename T>
std::shared_ptr<const T> Decoded(std::string_view type_url, std::string_view yaml);

struct BootstrapOutcome {
  std::optional<Bootstrap> bootstrap;
  std::vector<std::string> errors;
  std::vector<std::string> ignored;
};
BootstrapOutcome ReadBootstrap(std::string_view yaml);

// A connection manager with `extra` fields (indented by 10) over routes that are given or a plain
// default.
std::string HttpListener(std::string_view extra = "");

}  // namespace weir::config::proto
