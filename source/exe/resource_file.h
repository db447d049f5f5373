// A file of resources (path_config_source) as a DiscoveryResponse.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::exe {

// From YAML or JSON (resources with "@type", or a `resources` list as Envoy's files have it), or,
// for ".pb", from the serialised message. The error has file, line and column. Any thread.
absl::StatusOr<std::string> ParseResourceFile(const std::string& path, std::string_view text);

}  // namespace weir::exe
