// envoy.extensions.filters.http.buffer.v3.Buffer: holds a request until all of it is there.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "source/config/extension.h"

namespace weir::config::proto {
class ExtensionDecoders;
}

namespace weir::extensions::http::buffer {

inline constexpr std::string_view kName = "envoy.filters.http.buffer";

struct BufferConfig final : config::ExtensionConfig {
  uint32_t max_request_bytes = 0;  // Above 0.

  std::string_view extension_name() const override { return kName; }
  bool Equals(const config::ExtensionConfig& other) const override;
};

// BufferPerRoute: what a virtual host, a route or a weighted cluster says to the filter.
struct BufferRouteConfig final : config::ExtensionConfig {
  std::optional<uint32_t> max_request_bytes;  // Nothing: requests are not held.

  std::string_view extension_name() const override { return kName; }
  bool Equals(const config::ExtensionConfig& other) const override;
};

void RegisterDecoder(config::proto::ExtensionDecoders& decoders);

}  // namespace weir::extensions::http::buffer
