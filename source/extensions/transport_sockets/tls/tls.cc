#include "source/extensions/transport_sockets/tls/tls.h"

#include <memory>
#include <utility>

#include "source/base/check.h"
#include "source/base/status.h"
#include "source/extensions/transport_sockets/tls/config.h"
#include "source/net/failing_transport_socket.h"
#include "source/tls/client_context.h"
#include "source/tls/server_context.h"

namespace weir::extensions::transport_sockets::tls {
namespace {

using net::TransportSocketFactory;

class ServerFactory final : public TransportSocketFactory {
 public:
  explicit ServerFactory(std::shared_ptr<const weir::tls::ServerContext> context)
      : context_(std::move(context)) {}

  std::unique_ptr<net::ByteStream> WrapServer(
      std::unique_ptr<net::ByteStream> stream, buffer::Buffer& received,
      const net::TransportPlatform& platform) const override {
    return context_->Wrap(std::move(stream), received, platform);
  }
  std::unique_ptr<net::ByteStream> WrapClient(std::unique_ptr<net::ByteStream> stream,
                                              const net::TransportPlatform&,
                                              const net::TransportOptions&) const override {
    WEIR_CHECK(false, "a downstream transport socket on an upstream connection");
    return stream;
  }
  bool has_handshake() const override { return true; }
  net::CertificatesInUse certificates() const override { return context_->certificates(); }
  std::vector<net::CertificateEnd> certificate_ends() const override {
    return context_->certificate_ends();
  }

 private:
  const std::shared_ptr<const weir::tls::ServerContext> context_;
};

class ClientFactory final : public TransportSocketFactory {
 public:
  explicit ClientFactory(std::shared_ptr<const weir::tls::ClientContext> context)
      : context_(std::move(context)) {}

  std::unique_ptr<net::ByteStream> WrapServer(std::unique_ptr<net::ByteStream> stream,
                                              buffer::Buffer&,
                                              const net::TransportPlatform&) const override {
    WEIR_CHECK(false, "an upstream transport socket on a downstream connection");
    return stream;
  }
  std::unique_ptr<net::ByteStream> WrapClient(std::unique_ptr<net::ByteStream> stream,
                                              const net::TransportPlatform& platform,
                                              const net::TransportOptions& options) const override {
    return context_->Wrap(std::move(stream), platform, options);
  }
  bool has_handshake() const override { return true; }
  net::CertificatesInUse certificates() const override { return context_->certificates(); }
  std::vector<net::CertificateEnd> certificate_ends() const override {
    return context_->certificate_ends();
  }

 private:
  const std::shared_ptr<const weir::tls::ClientContext> context_;
};

// Where the context writes the secrets of its connections; null where it does not.
std::unique_ptr<const weir::tls::KeyLog> MakeKeyLog(const config::TlsContext& tls,
                                                    filter::LogSinks& logs) {
  if (!tls.key_log.has_value()) return nullptr;
  return std::make_unique<const weir::tls::KeyLog>(
      *tls.key_log,
      [sink = logs.OpenPrivate(tls.key_log->path)](std::string_view line) { sink->Write(line); });
}

// `Factory` around the context that `create` makes from `configured` with its secrets.
template <typename Factory, typename Tls, typename Create>
absl::StatusOr<std::shared_ptr<const TransportSocketFactory>> Make(
    const Tls& configured, const filter::TransportNeeds& needs, const Create& create) {
  const absl::StatusOr<Tls> tls = config::WithSecrets(configured, needs.secrets);
  if (absl::IsUnavailable(tls.status())) {
    return std::make_shared<const net::FailingTransportSocketFactory>(
        StrCat("TLS_error: ", MessageOf(tls.status())));
  }
  if (!tls.ok()) return tls.status();
  WEIR_ASSIGN_OR_RETURN(auto context, create(*tls, MakeKeyLog(tls->common, needs.logs)));
  return std::make_shared<const Factory>(std::move(context));
}

}  // namespace

void RegisterFactory(filter::Factories& factories) {
  using KeyLog = std::unique_ptr<const weir::tls::KeyLog>;
  // All listeners of the process share what they show.
  const auto identities = std::make_shared<weir::tls::IdentityStore>();
  factories.transport_sockets[std::string(kServerName)] =
      [identities](const config::ExtensionConfig& config, const filter::TransportNeeds& needs) {
        return Make<ServerFactory>(static_cast<const ServerTlsConfig&>(config).tls, needs,
                                   [&](const config::DownstreamTls& tls, KeyLog key_log) {
                                     return weir::tls::ServerContext::Create(tls, *identities,
                                                                             std::move(key_log));
                                   });
      };
  factories.transport_sockets[std::string(kClientName)] = [](const config::ExtensionConfig& config,
                                                             const filter::TransportNeeds& needs) {
    return Make<ClientFactory>(static_cast<const ClientTlsConfig&>(config).tls, needs,
                               [](const config::UpstreamTls& tls, KeyLog key_log) {
                                 return weir::tls::ClientContext::Create(tls, std::move(key_log));
                               });
  };
}

}  // namespace weir::extensions::transport_sockets::tls
