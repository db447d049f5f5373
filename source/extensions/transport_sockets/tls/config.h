// envoy.extensions.transport_sockets.tls.v3.{Downstream,Upstream}TlsContext as configurations of
// transport sockets.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "source/config/extension.h"
#include "source/config/tls.h"

namespace weir::config::proto {
class ExtensionDecoders;
}

namespace weir::extensions::transport_sockets::tls {

// One name in Envoy's configuration; here each side has a factory of its own.
inline constexpr std::string_view kServerName = "envoy.transport_sockets.tls (downstream)";
inline constexpr std::string_view kClientName = "envoy.transport_sockets.tls (upstream)";

struct ServerTlsConfig final : config::ExtensionConfig {
  explicit ServerTlsConfig(config::DownstreamTls decoded)
      : tls(std::move(decoded)), named_secrets(config::SecretsOf(tls)) {}

  const config::DownstreamTls tls;
  const std::vector<config::SecretReference> named_secrets;

  std::string_view extension_name() const override { return kServerName; }
  bool Equals(const config::ExtensionConfig& other) const override;
  const std::vector<config::SecretReference>& secrets() const override { return named_secrets; }
};

struct ClientTlsConfig final : config::ExtensionConfig {
  explicit ClientTlsConfig(config::UpstreamTls decoded)
      : tls(std::move(decoded)), named_secrets(config::SecretsOf(tls)) {}

  const config::UpstreamTls tls;
  const std::vector<config::SecretReference> named_secrets;

  std::string_view extension_name() const override { return kClientName; }
  bool Equals(const config::ExtensionConfig& other) const override;
  const std::vector<config::SecretReference>& secrets() const override { return named_secrets; }
  bool negotiates_protocol() const override { return true; }
};

void RegisterDecoder(config::proto::ExtensionDecoders& decoders);

}  // namespace weir::extensions::transport_sockets::tls
