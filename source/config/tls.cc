#include "source/config/tls.h"

#include <utility>

#include "source/base/status.h"

namespace weir::config {
namespace {

void AddSecrets(const TlsContext& tls, std::vector<SecretReference>& secrets) {
  secrets.insert(secrets.end(), tls.certificate_secrets.begin(), tls.certificate_secrets.end());
  if (tls.validation_secret.has_value()) secrets.push_back(*tls.validation_secret);
}

template <typename Value>
absl::StatusOr<Value> Find(const SecretReference& reference, const SecretLookup& lookup,
                           std::string_view kind) {
  const Secret* const secret = lookup(reference);
  if (secret == nullptr) {
    return Unavailable(StrCat("secret \"", reference.name, "\" is not there"));
  }
  const Value* const value = std::get_if<Value>(&secret->value);
  if (value == nullptr) {
    return InvalidArgument(StrCat("secret \"", reference.name, "\" is no ", kind));
  }
  return *value;
}

// As protobuf merges: what the secret sets comes before the default, lists are joined.
CertificateValidation Merge(CertificateValidation secret, const CertificateValidation& defaults) {
  if (secret.trusted_ca_pem.empty()) {
    secret.trusted_ca_pem = defaults.trusted_ca_pem;
    secret.path = defaults.path;
  }
  if (secret.spiffe.empty()) secret.spiffe = defaults.spiffe;
  if (secret.crl_pem.empty()) secret.crl_pem = defaults.crl_pem;
  if (!secret.max_verify_depth.has_value()) secret.max_verify_depth = defaults.max_verify_depth;
  secret.only_verify_leaf_cert_crl |= defaults.only_verify_leaf_cert_crl;
  secret.accept_untrusted |= defaults.accept_untrusted;
  secret.allow_expired_certificate |= defaults.allow_expired_certificate;
  secret.suppress_client_ca_list |= defaults.suppress_client_ca_list;
  const auto append = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(secret.san_matchers, defaults.san_matchers);
  append(secret.certificate_hashes, defaults.certificate_hashes);
  append(secret.spki_hashes, defaults.spki_hashes);
  return secret;
}

absl::Status FillIn(TlsContext& tls, const SecretLookup& lookup) {
  for (const SecretReference& reference : std::exchange(tls.certificate_secrets, {})) {
    WEIR_ASSIGN_OR_RETURN(Shared<TlsCertificate> certificate,
                          Find<Shared<TlsCertificate>>(reference, lookup, "tls_certificate"));
    tls.certificates.push_back(std::move(certificate));
  }
  if (tls.validation_secret.has_value()) {
    WEIR_ASSIGN_OR_RETURN(
        CertificateValidation validation,
        Find<CertificateValidation>(*tls.validation_secret, lookup, "validation_context"));
    tls.validation = Merge(std::move(validation), tls.validation);
    tls.validation.name = tls.validation_secret->name;
    tls.validation_secret.reset();
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<SecretReference> SecretsOf(const DownstreamTls& tls) {
  std::vector<SecretReference> secrets;
  AddSecrets(tls.common, secrets);
  if (tls.ticket_keys_secret.has_value()) secrets.push_back(*tls.ticket_keys_secret);
  return secrets;
}

std::vector<SecretReference> SecretsOf(const UpstreamTls& tls) {
  std::vector<SecretReference> secrets;
  AddSecrets(tls.common, secrets);
  return secrets;
}

absl::StatusOr<DownstreamTls> WithSecrets(DownstreamTls tls, const SecretLookup& lookup) {
  WEIR_RETURN_IF_ERROR(FillIn(tls.common, lookup));
  if (tls.ticket_keys_secret.has_value()) {
    WEIR_ASSIGN_OR_RETURN(tls.ticket_keys, Find<SessionTicketKeys>(*tls.ticket_keys_secret, lookup,
                                                                   "session_ticket_keys"));
    tls.ticket_keys_secret.reset();
  }
  return tls;
}

absl::StatusOr<UpstreamTls> WithSecrets(UpstreamTls tls, const SecretLookup& lookup) {
  WEIR_RETURN_IF_ERROR(FillIn(tls.common, lookup));
  return tls;
}

}  // namespace weir::config
