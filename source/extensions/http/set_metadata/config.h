// envoy.extensions.filters.http.set_metadata.v3.Config: what requests get as dynamic metadata.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "source/base/value.h"
#include "source/config/extension.h"

namespace weir::config::proto {
class ExtensionDecoders;
}

namespace weir::extensions::http::set_metadata {

inline constexpr std::string_view kName = "envoy.filters.http.set_metadata";

struct MetadataEntry {
  std::string metadata_namespace;
  Value value;                   // A struct.
  bool allow_overwrite = false;  // Is added to what is there; otherwise that stays.
  friend bool operator==(const MetadataEntry&, const MetadataEntry&) = default;
};

struct SetMetadataConfig final : config::ExtensionConfig {
  std::vector<MetadataEntry> entries;  // In their order.

  std::string_view extension_name() const override { return kName; }
  bool Equals(const config::ExtensionConfig& other) const override;
};

void RegisterDecoder(config::proto::ExtensionDecoders& decoders);

}  // namespace weir::extensions::http::set_metadata
