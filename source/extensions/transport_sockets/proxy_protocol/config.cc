#include "source/extensions/transport_sockets/proxy_protocol/config.h"

#include "envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol.pb.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/proxy_protocol.h"

namespace weir::extensions::transport_sockets::proxy_protocol {
namespace {

using Pb = envoy::extensions::transport_sockets::proxy_protocol::v3::ProxyProtocolUpstreamTransport;
using config::proto::ExtensionDecoders;
using config::proto::Scope;

std::shared_ptr<const config::ExtensionConfig> Decode(const Pb& message, const Scope& scope) {
  auto decoded = std::make_shared<ProxyProtocolConfig>();
  decoded->header = config::proto::DecodeProxyHeader(message.config(), scope.Field("config"));
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
  return same != nullptr && header == same->header && config::SameConfig(inner, same->inner);
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
