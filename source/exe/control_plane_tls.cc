#include "source/exe/control_plane_tls.h"

#include <grpcpp/security/credentials.h>

#include "source/base/status.h"
#include "source/extensions/transport_sockets/tls/config.h"

namespace weir::exe {
namespace {

using extensions::transport_sockets::tls::ClientTlsConfig;

// Names the first field that gRPC has no place for; null when there is none.
const char* Inexpressible(const config::UpstreamTls& tls) {
  const config::TlsContext& common = tls.common;
  const config::CertificateValidation& validation = common.validation;
  if (!common.certificate_secrets.empty()) return "tls_certificate_sds_secret_configs";
  if (common.validation_secret.has_value()) return "validation_context_sds_secret_config";
  if (!validation.crl_pem.empty()) return "validation_context.crl";
  if (!validation.san_matchers.empty()) return "validation_context.match_typed_subject_alt_names";
  if (!validation.certificate_hashes.empty()) return "validation_context.verify_certificate_hash";
  if (!validation.spki_hashes.empty()) return "validation_context.verify_certificate_spki";
  if (validation.max_verify_depth.has_value()) return "validation_context.max_verify_depth";
  if (validation.accept_untrusted) return "validation_context.trust_chain_verification";
  if (validation.allow_expired_certificate) return "validation_context.allow_expired_certificate";
  if (!(common.parameters == config::TlsParameters())) return "tls_params";
  if (!common.certificates.empty() && !common.certificates[0].password.empty()) {
    return "tls_certificates.password";
  }
  if (tls.auto_host_sni) return "auto_host_sni";
  return nullptr;
}

}  // namespace

absl::Status ApplyTls(const config::ExtensionConfig& transport_socket, xds::GrpcTarget& target) {
  const auto* const socket = dynamic_cast<const ClientTlsConfig*>(&transport_socket);
  if (socket == nullptr) {
    return InvalidArgument(
        StrCat("its transport_socket must be TLS, not ", transport_socket.extension_name()));
  }
  const config::TlsContext& common = socket->tls.common;
  if (const char* const field = Inexpressible(socket->tls); field != nullptr) {
    return InvalidArgument(StrCat(
        "its transport_socket: ", field,
        " is not supported towards a control plane; the server is known by trusted_ca and its name "
        "(sni, or else the endpoint's address)"));
  }
  if (common.validation.trusted_ca_pem.empty()) {
    return InvalidArgument("its transport_socket: validation_context.trusted_ca is needed");
  }
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = common.validation.trusted_ca_pem;
  if (!common.certificates.empty()) {
    options.pem_cert_chain = common.certificates[0].chain_pem;
    options.pem_private_key = std::string(common.certificates[0].key_pem.view());
  }
  target.credentials = grpc::SslCredentials(options);
  target.server_name = socket->tls.sni;
  return absl::OkStatus();
}

}  // namespace weir::exe
