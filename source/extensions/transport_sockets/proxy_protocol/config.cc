#include "source/extensions/transport_sockets/proxy_protocol/config.h"

#include "envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol.pb.h"
#include "source/base/strings.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/proxy_protocol.h"

namespace weir::extensions::transport_sockets::proxy_protocol {
namespace {

using Pb = envoy::extensions::transport_sockets::proxy_protocol::v3::ProxyProtocolUpstreamTransport;
using VersionPb = envoy::config::core::v3::ProxyProtocolConfig;
using config::proto::ExtensionDecoders;
using config::proto::Scope;

void DecodeAdded(const VersionPb& message, const Scope& scope, ProxyProtocolConfig& decoded) {
  for (int i = 0; i < message.added_tlvs_size(); ++i) {
    const auto& tlv = message.added_tlvs(i);
    if (tlv.value().size() > UINT16_MAX) {
      scope.Item("added_tlvs", i)
          .Field("value")
          .Error("has more than 65535 bytes", StrCat(tlv.value().size(), " bytes"));
    }
    decoded.added.push_back({static_cast<uint8_t>(tlv.type()), tlv.value()});
  }
}

std::shared_ptr<const config::ExtensionConfig> Decode(const Pb& message, const Scope& scope) {
  auto decoded = std::make_shared<ProxyProtocolConfig>();
  const VersionPb& header = message.config();
  const Scope at = scope.Field("config");
  if (header.version() == VersionPb::V2) {
    decoded->version = net::ProxyVersion::kV2;
  } else if (header.has_pass_through_tlvs() || header.added_tlvs_size() > 0) {
    at.Field("version").Error("V1 has no TLVs; V2 is needed for them", "V1");
  }
  if (header.has_pass_through_tlvs()) {
    decoded->pass_through = config::proto::DecodeTlvSelection(header.pass_through_tlvs());
  }
  DecodeAdded(header, at, *decoded);
  decoded->inner = config::proto::DecodeTransportSocket(
      message.transport_socket(), ExtensionDecoders::Category::kUpstreamTransportSocket,
      scope.Field("transport_socket"));
  if (decoded->inner != nullptr && decoded->inner->extension_name() == kName) {
    scope.Field("transport_socket").Error("a connection begins with one PROXY header");
  }
  return decoded;
}

}  // namespace

bool ProxyProtocolConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const ProxyProtocolConfig*>(&other);
  return same != nullptr && version == same->version && pass_through == same->pass_through &&
         added == same->added && config::SameConfig(inner, same->inner);
}

const std::vector<config::SecretReference>& ProxyProtocolConfig::secrets() const {
  return inner == nullptr ? ExtensionConfig::secrets() : inner->secrets();
}

bool ProxyProtocolConfig::negotiates_protocol() const {
  return inner != nullptr && inner->negotiates_protocol();
}

void RegisterDecoder(ExtensionDecoders& decoders) {
  decoders.Add<Pb>(ExtensionDecoders::Category::kUpstreamTransportSocket, Decode);
}

}  // namespace weir::extensions::transport_sockets::proxy_protocol
