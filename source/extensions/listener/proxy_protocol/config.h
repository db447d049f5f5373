// envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol: takes a connection's addresses
// from the PROXY header that it begins with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "source/config/extension.h"
#include "source/net/proxy_header.h"

namespace weir::config::proto {
class ExtensionDecoders;
}

namespace weir::extensions::listener::proxy_protocol {

inline constexpr std::string_view kName = "envoy.filters.listener.proxy_protocol";

// Where all TLVs are kept together as one object of filter state.
inline constexpr std::string_view kFilterStateKey = "envoy.network.proxy_protocol.tlv";

// The value of a TLV as metadata, or as a field of the object.
struct TlvRule {
  uint8_t type = 0;
  std::string metadata_namespace;
  std::string key;
  bool base64 = false;  // Otherwise as UTF-8, with '!' for what is none.
  friend bool operator==(const TlvRule&, const TlvRule&) = default;
};

struct ProxyProtocolConfig final : config::ExtensionConfig {
  std::vector<TlvRule> rules;
  bool to_filter_state = false;  // tlv_location FILTER_STATE: not as metadata.
  bool allow_without = false;
  bool allow_v1 = true;
  bool allow_v2 = true;
  net::TlvSelection pass_through;  // What upstream_proxy_protocol can pass on.
  std::string stat_prefix;         // May be empty.

  std::string_view extension_name() const override { return kName; }
  bool Equals(const config::ExtensionConfig& other) const override;
};

void RegisterDecoder(config::proto::ExtensionDecoders& decoders);

}  // namespace weir::extensions::listener::proxy_protocol
