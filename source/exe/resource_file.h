// A file of resources (path_config_source) as a DiscoveryResponse.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/config/proto/decode.h"

namespace weir::exe {

// From YAML or JSON (resources with "@type", or a `resources` list as Envoy's files have it), or,
// for ".pb", from the serialised message. The error has file, line and column. Any thread.
absl::StatusOr<std::string> ParseResourceFile(const std::string& path, std::string_view text);

// The secrets of such a file, or the one that the bootstrap has whole (kPath, kGiven), decoded; the
// error names file and place. Any thread.
absl::StatusOr<std::vector<std::shared_ptr<const config::Secret>>> ReadSecrets(
    const config::ConfigSource& source, const config::proto::DecodeOptions& options);

}  // namespace weir::exe
