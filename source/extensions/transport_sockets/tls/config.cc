#include "source/extensions/transport_sockets/tls/config.h"

#include "source/config/proto/extension_decoders.h"
#include "source/config/proto/tls.h"

namespace weir::extensions::transport_sockets::tls {
namespace {

namespace pb = envoy::extensions::transport_sockets::tls::v3;
using config::proto::ExtensionDecoders;

}  // namespace

bool ServerTlsConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const ServerTlsConfig*>(&other);
  return same != nullptr && tls == same->tls;
}
std::vector<config::SecretReference> ServerTlsConfig::secrets() const {
  return config::SecretsOf(tls);
}

bool ClientTlsConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const ClientTlsConfig*>(&other);
  return same != nullptr && tls == same->tls;
}
std::vector<config::SecretReference> ClientTlsConfig::secrets() const {
  return config::SecretsOf(tls);
}

void RegisterDecoder(ExtensionDecoders& decoders) {
  decoders.Add<pb::DownstreamTlsContext>(
      ExtensionDecoders::Category::kDownstreamTransportSocket,
      [](const pb::DownstreamTlsContext& message, const config::proto::Scope& scope) {
        auto decoded = std::make_shared<ServerTlsConfig>();
        decoded->tls = config::proto::DecodeDownstreamTls(message, scope);
        return decoded;
      });
  decoders.Add<pb::UpstreamTlsContext>(
      ExtensionDecoders::Category::kUpstreamTransportSocket,
      [](const pb::UpstreamTlsContext& message, const config::proto::Scope& scope) {
        auto decoded = std::make_shared<ClientTlsConfig>();
        decoded->tls = config::proto::DecodeUpstreamTls(message, scope);
        return decoded;
      });
}

}  // namespace weir::extensions::transport_sockets::tls
