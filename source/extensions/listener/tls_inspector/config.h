// envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector: finds TLS, server name and ALPN
// before chains are matched.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/config/extension.h"

namespace weir::config::proto {
class ExtensionDecoders;
}

namespace weir::extensions::listener::tls_inspector {

inline constexpr std::string_view kName = "envoy.filters.listener.tls_inspector";

struct TlsInspectorConfig final : config::ExtensionConfig {
  uint32_t max_client_hello_size = 16 * 1024;     // bytes
  uint32_t initial_read_buffer_size = 16 * 1024;  // bytes, at most the above
  bool close_connection_on_client_hello_parsing_errors = false;
  bool ja3 = false;  // Fingerprints are made.
  bool ja4 = false;

  std::string_view extension_name() const override { return kName; }
  bool Equals(const config::ExtensionConfig& other) const override;
};

void RegisterDecoder(config::proto::ExtensionDecoders& decoders);

}  // namespace weir::extensions::listener::tls_inspector
