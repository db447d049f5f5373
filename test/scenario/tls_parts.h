// What scenarios with TLS have in common: certificates and transport sockets as YAML, clients and
// upstreams that speak TLS, secrets as a control plane streams them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/strings.h"
#include "source/tls/client_context.h"
#include "source/tls/server_context.h"
#include "test/scenario/resources.h"
#include "test/scenario/world.h"
#include "test/x509/authority.h"

namespace weir::scenario {

using x509::Identity;

inline constexpr std::string_view kSecrets =
    "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";

inline const x509::Authority& Root() {
  static const auto* const root = new x509::Authority("Root");
  return *root;
}

inline std::string CertificateYaml(const Identity& identity) {
  return StrCat("{ certificate_chain: ", x509::InlineYaml(identity.chain_pem),
                ", private_key: ", x509::InlineYaml(identity.key_pem), " }");
}

// A transport socket of one side, with the rest of its common_tls_context and its own fields.
inline std::string Socket(std::string_view side, const std::string& common,
                          const std::string& own = "") {
  return StrCat(
      "transport_socket: { name: tls, typed_config: { \"@type\": "
      "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.",
      side, "TlsContext, common_tls_context: { ", common, " }", own, " } }\n");
}
inline std::string ServerSocket(const Identity& identity, const std::string& common = "",
                                const std::string& own = "") {
  return Socket("Downstream", StrCat("tls_certificates: [", CertificateYaml(identity), "]", common),
                own);
}
inline std::string Trust(const std::string& more = "") {
  return StrCat("validation_context: { trusted_ca: ", x509::InlineYaml(Root().pem()), more, " }");
}

// A client of a scenario, with what it learnt of the connection.
class TlsClient {
 public:
  struct Options {
    std::string sni = "a.example";
    std::vector<std::string> alpn;
    const Identity* identity = nullptr;
    config::TlsVersion maximum = config::TlsVersion::kTls13;
  };

  TlsClient(World& world, const Options& options) : world_(world) {
    config::UpstreamTls tls;
    tls.sni = options.sni;
    tls.common.alpn = options.alpn;
    tls.common.parameters.maximum = options.maximum;
    tls.common.validation.trusted_ca_pem = Root().pem();
    if (options.identity != nullptr) {
      tls.common.certificates.push_back(
          config::TlsCertificate{.chain_pem = options.identity->chain_pem,
                                 .key_pem = SecretBytes(std::string(options.identity->key_pem))});
    }
    context_ = *tls::ClientContext::Create(tls);
  }

  Peer& Connect() {
    return world_.Connect("10.0.0.100:80", [&](std::unique_ptr<net::ByteStream> stream) {
      auto wrapped =
          context_->Wrap(std::move(stream), {world_.loop(), world_.blocks(), stats_}, {});
      stream_ = wrapped.get();
      return wrapped;
    });
  }
  // Of the newest connection.
  const net::TransportFacts& facts() const { return stream_->transport(); }
  std::string server_subject() const { return facts().tls->peer->subject; }

 private:
  World& world_;
  net::TransportStats stats_;
  std::shared_ptr<const tls::ClientContext> context_;
  const net::ByteStream* stream_ = nullptr;
};

// Of the certificate that a new connection sees.
inline std::string SubjectServed(World& world) {
  TlsClient client(world, {});
  world.Say(client.Connect(), kGet);
  return client.server_subject();
}

// Makes `upstream` speak TLS with `identity`.
class TlsUpstream {
 public:
  TlsUpstream(World& world, Upstream& upstream, const Identity& identity,
              const std::vector<std::string>& alpn = {}) {
    config::DownstreamTls tls;
    tls.common.alpn = alpn;
    tls.common.certificates.push_back(config::TlsCertificate{
        .chain_pem = identity.chain_pem, .key_pem = SecretBytes(std::string(identity.key_pem))});
    tls.common.validation.trusted_ca_pem = Root().pem();
    auto context = *tls::ServerContext::Create(tls);
    upstream.SetWrap([this, &world, context](std::unique_ptr<net::ByteStream> stream) {
      buffer::Buffer nothing(world.blocks());
      auto wrapped =
          context->Wrap(std::move(stream), nothing, {world.loop(), world.blocks(), stats_});
      streams.push_back(wrapped.get());
      return wrapped;
    });
  }
  std::vector<const net::ByteStream*> streams;

 private:
  net::TransportStats stats_;
};

// --- Streamed secrets

inline constexpr char kAds[] =
    "dynamic_resources:\n"
    "  ads_config: { api_type: GRPC, transport_api_version: V3, grpc_services: [{ envoy_grpc: { "
    "cluster_name: web } }] }\n";
inline constexpr char kBySds[] =
    "tls_certificate_sds_secret_configs: [{ name: edge, sds_config: { ads: {}, "
    "initial_fetch_timeout: 5s } }]";

inline std::string SecretYaml(const std::string& name, const std::string& value) {
  return StrCat("- { \"@type\": ", kSecrets, ", name: ", name, ", ", value, " }\n");
}
inline std::string Named(const std::string& common_name) {
  return "tls_certificate: " +
         CertificateYaml(Root().Issue({.common_name = common_name, .dns = {"a.example"}}));
}

}  // namespace weir::scenario
