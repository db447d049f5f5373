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

bool ClientTlsConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const ClientTlsConfig*>(&other);
  return same != nullptr && tls == same->tls;
}

void RegisterDecoder(ExtensionDecoders& decoders) {
  decoders.Add<pb::DownstreamTlsContext>(
      ExtensionDecoders::Category::kDownstreamTransportSocket,
      [](const pb::DownstreamTlsContext& message, const config::proto::Scope& scope) {
        return std::make_shared<ServerTlsConfig>(
            config::proto::DecodeDownstreamTls(message, scope));
      });
  decoders.Add<pb::UpstreamTlsContext>(
      ExtensionDecoders::Category::kUpstreamTransportSocket,
      [](const pb::UpstreamTlsContext& message, const config::proto::Scope& scope) {
        return std::make_shared<ClientTlsConfig>(config::proto::DecodeUpstreamTls(message, scope));
      });
}

}  // namespace weir::extensions::transport_sockets::tls
