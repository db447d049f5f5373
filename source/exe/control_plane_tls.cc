#include "source/exe/control_plane_tls.h"

#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <map>
#include <utility>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/extensions/transport_sockets/tls/config.h"

namespace weir::exe {
namespace {

using config::ConfigSource;
using extensions::transport_sockets::tls::ClientTlsConfig;
using Credentials = std::shared_ptr<grpc::ChannelCredentials>;

bool IsStreamed(const config::SecretReference& reference) {
  return reference.source.kind == ConfigSource::Kind::kAds;
}

// Finds what the context names, now.
class SecretFinder {
 public:
  explicit SecretFinder(SecretSources sources) : sources_(std::move(sources)) {}

  // Valid until the next call for the same secret.
  const config::Secret* Find(const config::SecretReference& reference) {
    if (IsStreamed(reference)) return sources_.streamed(reference);
    if (reference.source.kind == ConfigSource::Kind::kNone) {
      return Named(reference.name, sources_.statics);
    }
    absl::StatusOr<Secrets> secrets = sources_.read(reference.source);
    if (!secrets.ok()) {
      WEIR_LOG(kConfig, kError, "secret \"", reference.name,
               "\" of the control plane: ", MessageOf(secrets.status()));
      return nullptr;
    }
    Secrets& held = read_[reference.key()];
    held = *std::move(secrets);
    return Named(reference.name, held);
  }

 private:
  static const config::Secret* Named(const std::string& name, const Secrets& secrets) {
    const auto found = std::find_if(secrets.begin(), secrets.end(),
                                    [&](const auto& secret) { return secret->name == name; });
    return found == secrets.end() ? nullptr : found->get();
  }

  const SecretSources sources_;
  std::map<std::string, Secrets> read_;
};

// gRPC holds the certificate against the server name, by its DNS names: more than one of several
// matchers would ask for.
bool NameIsAmong(const std::vector<config::SanMatcher>& matchers, const std::string& server_name) {
  return std::any_of(matchers.begin(), matchers.end(), [&](const config::SanMatcher& one) {
    return !server_name.empty() && one.exact_dns == server_name;
  });
}

// Names the first field that gRPC has no place for; null when there is none.
const char* Inexpressible(const config::UpstreamTls& tls) {
  const config::TlsContext& common = tls.common;
  const config::CertificateValidation& validation = common.validation;
  if (!validation.spiffe.empty()) return "custom_validator_config";
  if (!validation.crl_pem.empty()) return "crl";
  if (!validation.san_matchers.empty() && !NameIsAmong(validation.san_matchers, tls.sni)) {
    return "match_typed_subject_alt_names without an exact DNS name that is the sni";
  }
  if (!validation.certificate_hashes.empty()) return "verify_certificate_hash";
  if (!validation.spki_hashes.empty()) return "verify_certificate_spki";
  if (validation.max_verify_depth.has_value()) return "max_verify_depth";
  if (validation.accept_untrusted) return "trust_chain_verification";
  if (validation.allow_expired_certificate) return "allow_expired_certificate";
  if (common.key_log.has_value()) return "key_log";
  if (!(common.parameters == config::TlsParameters())) return "tls_params";
  if (!common.certificates.empty() && !common.certificates[0]->password.empty()) return "password";
  if (tls.auto_host_sni) return "auto_host_sni";
  return nullptr;
}

// Without what the control plane has not given yet.
config::UpstreamTls WithoutMissing(config::UpstreamTls tls, SecretFinder& finder) {
  const auto missing = [&](const config::SecretReference& reference) {
    return IsStreamed(reference) && finder.Find(reference) == nullptr;
  };
  std::erase_if(tls.common.certificate_secrets, missing);
  std::optional<config::SecretReference>& trust = tls.common.validation_secret;
  if (trust.has_value() && missing(*trust)) trust.reset();
  return tls;
}

absl::StatusOr<Credentials> Make(const config::UpstreamTls& context, SecretFinder& finder) {
  WEIR_ASSIGN_OR_RETURN(const config::UpstreamTls tls,
                        config::WithSecrets(WithoutMissing(context, finder),
                                            [&](const config::SecretReference& reference) {
                                              return finder.Find(reference);
                                            }));
  if (const char* const field = Inexpressible(tls); field != nullptr) {
    return InvalidArgument(StrCat(
        field,
        " is not supported towards a control plane; the server is known by trusted_ca and its name "
        "(sni, or else the endpoint's address)"));
  }
  const config::TlsContext& common = tls.common;
  if (common.validation.trusted_ca_pem.empty()) {
    return InvalidArgument(
        "trusted_ca is needed, also where the control plane is to give another one (in "
        "combined_validation_context)");
  }
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = common.validation.trusted_ca_pem;
  if (!common.certificates.empty()) {
    options.pem_cert_chain = common.certificates[0]->chain_pem;
    options.pem_private_key = std::string(common.certificates[0]->key_pem.view());
  }
  return grpc::SslCredentials(options);
}

}  // namespace

absl::Status ApplyTls(const config::ExtensionConfig& transport_socket, SecretSources sources,
                      xds::GrpcTarget& target) {
  const auto* const socket = dynamic_cast<const ClientTlsConfig*>(&transport_socket);
  if (socket == nullptr) {
    return InvalidArgument(
        StrCat("transport_socket: must be TLS, not ", transport_socket.extension_name()));
  }
  for (const config::SecretReference& reference : socket->secrets()) {
    if (reference.source.kind != ConfigSource::Kind::kGrpc) continue;
    return InvalidArgument(StrCat("transport_socket: secret \"", reference.name,
                                  "\" cannot come by a stream of its own; ads can"));
  }
  const auto finder = std::make_shared<SecretFinder>(std::move(sources));
  absl::StatusOr<Credentials> first = Make(socket->tls, *finder);
  if (!first.ok()) return Annotate(first.status(), "transport_socket");
  target.server_name = socket->tls.sni;
  target.make_credentials = [tls = socket->tls, finder, last = *std::move(first)]() mutable {
    absl::StatusOr<Credentials> next = Make(tls, *finder);
    if (next.ok()) {
      last = *std::move(next);
    } else {
      WEIR_LOG(kConfig, kError,
               "the control plane is met with the secrets of before: ", MessageOf(next.status()));
    }
    return last;
  };
  return absl::OkStatus();
}

}  // namespace weir::exe
