#include "source/control/server.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/control/config_service.h"
#include "source/control/discovery_service.h"

namespace weir::control {

namespace {

// Looked at as often as this for a certificate that was replaced.
constexpr unsigned kReadFilesEverySeconds = 1;

// OpenSSL's side of TLS. Clients need no certificate, as they may have a token; one that is shown
// must be good.
std::shared_ptr<grpc::ServerCredentials> CredentialsOf(const TlsFiles& files) {
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          files.key, files.certificate, files.trusted, kReadFilesEverySeconds));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

std::vector<validation::Given> GivenByAuthority() {
  std::vector<validation::Given> given;
  for (const std::string_view name : ca::kGivenNames) given.push_back({engine::kSecretType, name});
  return given;
}

}  // namespace

Server::Server(const event::Clock& clock, std::optional<MeshOptions> mesh)
    : identities_(
          !mesh ? nullptr
                : std::make_unique<ca::WorkloadIdentities>(clock, mesh->random, mesh->authority)),
      callers_(!mesh ? nullptr
                     : std::make_unique<Authenticator>(clock, mesh->authority, mesh->token_key)),
      engine_(clock, identities_.get()) {}

Server::~Server() { Shutdown(std::chrono::milliseconds(0)); }

absl::StatusOr<std::unique_ptr<Server>> Server::Create(const event::Clock& clock, Options options) {
  std::unique_ptr<Server> server(new Server(clock, std::move(options.mesh)));
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<store::Store> store,
                        store::Store::Open(options.store_path));
  EngineThread& engine = server->engine_;
  Configuration::Options parts;
  parts.store = std::move(store);
  parts.validator = std::move(options.validator);
  if (server->callers_ != nullptr) parts.given = GivenByAuthority();
  parts.now = [&clock] { return clock.System(); };
  parts.publish = [&engine](engine::SnapshotPtr snapshot) {
    engine.SetSnapshot(std::move(snapshot));
  };
  parts.remember = [&engine](engine::SnapshotPtr earlier) {
    engine.RememberClusters(std::move(earlier));
  };
  WEIR_ASSIGN_OR_RETURN(server->configuration_, Configuration::Create(std::move(parts)));
  const Authenticator* const callers = server->callers_.get();
  server->discovery_ = std::make_unique<DiscoveryService>(engine, callers);
  server->config_ =
      std::make_unique<ConfigService>(*server->configuration_, engine, clock, callers);
  return server;
}

void Server::SetAuthority(const ca::Authority& authority) {
  callers_->SetAuthority(authority);
  engine_.ChangeViews([this, authority] { identities_->SetAuthority(authority); });
}

void Server::SetIdentities(ca::IdentityRules rules) {
  engine_.ChangeViews(
      [this, rules = std::move(rules)]() mutable { identities_->SetRules(std::move(rules)); });
}

// The streams of one that comes in between know it when they have begun.
void Server::SetRevokedTokens(const HashSet& ids) {
  callers_->SetRevokedTokens(ids);
  discovery_->EndStreamsOf(ids);
}

absl::StatusOr<int> Server::Listen(const std::string& address, const std::optional<TlsFiles>& tls) {
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, tls ? CredentialsOf(*tls) : grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(config_.get());
  builder.RegisterCallbackGenericService(discovery_.get());
  // A snapshot may be of any size.
  builder.SetMaxReceiveMessageSize(-1);
  builder.SetMaxSendMessageSize(-1);
  // Find dead clients, and let clients look for a dead server.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // A second server on the address is an error, not a sharer.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) {
    server_.reset();
    return Unavailable(StrCat("cannot listen on ", address, "; is the port in use?"));
  }
  return port;
}

void Server::Shutdown(std::chrono::milliseconds grace) {
  if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now() + grace);
  server_.reset();
  engine_.Stop();
}

}  // namespace weir::control
