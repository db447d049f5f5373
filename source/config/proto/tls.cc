#include "source/config/proto/tls.h"

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/config/proto/certificate_providers.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::extensions::transport_sockets::tls::v3;

std::optional<SecretReference> DecodeReference(const pb::SdsSecretConfig& message,
                                               const Scope& scope) {
  SecretReference reference{.name = message.name()};
  if (message.has_sds_config()) {
    reference.source = DecodeConfigSource(message.sds_config(), scope.Field("sds_config"));
  }
  if (reference.name.empty()) {
    // A file has one secret, which then needs no name; others do.
    scope.Field("name").Error("a secret is asked for by its name");
    return std::nullopt;
  }
  return reference;
}

TlsParameters DecodeParameters(const pb::TlsParameters& message, const Scope& scope) {
  TlsParameters parameters;
  if (message.tls_minimum_protocol_version() == pb::TlsParameters::TLSv1_3) {
    parameters.minimum = TlsVersion::kTls13;
  }
  if (message.tls_maximum_protocol_version() == pb::TlsParameters::TLSv1_2) {
    parameters.maximum = TlsVersion::kTls12;
  }
  if (parameters.minimum > parameters.maximum) {
    scope.Field("tls_maximum_protocol_version")
        .Error("must not be below tls_minimum_protocol_version", "TLSv1_2");
  }
  parameters.ciphers = Join(message.cipher_suites(), ":");
  parameters.curves = Join(message.ecdh_curves(), ":");
  parameters.signature_algorithms = Join(message.signature_algorithms(), ":");
  return parameters;
}

void DecodeAlpn(const pb::CommonTlsContext& message, const Scope& scope, TlsContext& tls) {
  for (int i = 0; i < message.alpn_protocols_size(); ++i) {
    // One entry may hold several, separated by commas.
    for (std::string_view protocol : Split(message.alpn_protocols(i), ',')) {
      if (protocol.empty() || protocol.size() > 255) {
        scope.Item("alpn_protocols", i).Error("a protocol has 1 to 255 bytes", protocol);
      }
      tls.alpn.emplace_back(protocol);
    }
  }
}

// The secret with the authorities that a context names by a provider, if it does.
std::optional<SecretReference> AuthoritiesOf(const pb::CertificateValidationContext& message,
                                             const Scope& scope) {
  if (!message.has_ca_certificate_provider_instance()) return std::nullopt;
  return FindProviderSecret(SecretIn(message.ca_certificate_provider_instance()),
                            ProviderPart::kAuthorities,
                            scope.Field("ca_certificate_provider_instance"));
}

// One place says where the authorities come from; what the default says stands beside it.
void DecodeCombined(const pb::CommonTlsContext::CombinedCertificateValidationContext& message,
                    const Scope& scope, TlsContext& tls) {
  const Scope defaults = scope.Field("default_validation_context");
  tls.validation = DecodeCertificateValidation(message.default_validation_context(), defaults);
  const Scope former = scope.Field("validation_context_certificate_provider_instance");
  const bool has_former = message.has_validation_context_certificate_provider_instance();
  const bool has_provider =
      message.default_validation_context().has_ca_certificate_provider_instance();
  if (!has_former && !has_provider) {
    tls.validation_secret = DecodeReference(message.validation_context_sds_secret_config(),
                                            scope.Field("validation_context_sds_secret_config"));
    return;
  }
  if (message.has_validation_context_sds_secret_config()) {
    scope.Field("validation_context_sds_secret_config")
        .Error("cannot be given together with a certificate provider");
  }
  if (has_provider) {
    tls.validation_secret = AuthoritiesOf(message.default_validation_context(), defaults);
  }
  if (!has_former) return;
  const auto secret =
      FindProviderSecret(SecretIn(message.validation_context_certificate_provider_instance()),
                         ProviderPart::kAuthorities, former);
  if (has_provider && secret != tls.validation_secret) {
    former.Error("is another one than default_validation_context.ca_certificate_provider_instance");
  }
  tls.validation_secret = secret;
}

void DecodeValidation(const pb::CommonTlsContext& message, const Scope& scope, TlsContext& tls) {
  switch (message.validation_context_type_case()) {
    case pb::CommonTlsContext::kValidationContext:
      tls.validation = DecodeCertificateValidation(message.validation_context(),
                                                   scope.Field("validation_context"));
      tls.validation_secret =
          AuthoritiesOf(message.validation_context(), scope.Field("validation_context"));
      return;
    case pb::CommonTlsContext::kValidationContextSdsSecretConfig:
      tls.validation_secret = DecodeReference(message.validation_context_sds_secret_config(),
                                              scope.Field("validation_context_sds_secret_config"));
      return;
    case pb::CommonTlsContext::kCombinedValidationContext:
      return DecodeCombined(message.combined_validation_context(),
                            scope.Field("combined_validation_context"), tls);
    case pb::CommonTlsContext::kValidationContextCertificateProviderInstance:
      tls.validation_secret =
          FindProviderSecret(SecretIn(message.validation_context_certificate_provider_instance()),
                             ProviderPart::kAuthorities,
                             scope.Field("validation_context_certificate_provider_instance"));
      return;
    case pb::CommonTlsContext::VALIDATION_CONTEXT_TYPE_NOT_SET:
      return;
  }
}

template <typename Ranges>
std::vector<net::CidrRange> DecodeRanges(const Ranges& ranges, const Scope& scope,
                                         std::string_view field) {
  std::vector<net::CidrRange> decoded;
  for (int i = 0; i < ranges.size(); ++i) {
    const auto range = DecodeCidrRange(ranges[i], scope.Item(field, i));
    if (range.has_value()) decoded.push_back(*range);
  }
  return decoded;
}

TlsKeyLog DecodeKeyLog(const pb::TlsKeyLog& message, const Scope& scope) {
  TlsKeyLog log{
      .path = message.path(),
      .local = DecodeRanges(message.local_address_range(), scope, "local_address_range"),
      .remote = DecodeRanges(message.remote_address_range(), scope, "remote_address_range")};
  if (log.path.empty()) scope.Field("path").Error("a key log needs a file");
  WEIR_LOG(kConfig, kWarn, scope.path(), ": whoever can read ", log.path,
           " can decrypt the connections whose secrets are written there");
  return log;
}

// Of its two fields the older one may repeat what the newer one says.
void DecodeProviderCertificate(const pb::CommonTlsContext& message, const Scope& scope,
                               TlsContext& tls) {
  std::optional<SecretReference> secret;
  if (message.has_tls_certificate_provider_instance()) {
    secret = FindProviderSecret(SecretIn(message.tls_certificate_provider_instance()),
                                ProviderPart::kCertificate,
                                scope.Field("tls_certificate_provider_instance"));
  }
  if (message.has_tls_certificate_certificate_provider_instance()) {
    const Scope former = scope.Field("tls_certificate_certificate_provider_instance");
    const auto same =
        FindProviderSecret(SecretIn(message.tls_certificate_certificate_provider_instance()),
                           ProviderPart::kCertificate, former);
    if (message.has_tls_certificate_provider_instance() && same != secret) {
      former.Error("is another one than tls_certificate_provider_instance");
    }
    secret = same;
  }
  if (!secret.has_value()) return;
  if (!tls.certificates.empty() || !tls.certificate_secrets.empty()) {
    scope.Field("tls_certificate_provider_instance")
        .Error("cannot be given together with other certificates");
  }
  tls.certificate_secrets.push_back(*std::move(secret));
}

void DecodeCertificates(const pb::CommonTlsContext& message, const Scope& scope, TlsContext& tls) {
  for (int i = 0; i < message.tls_certificates_size(); ++i) {
    tls.certificates.push_back(
        DecodeTlsCertificate(message.tls_certificates(i), "", scope.Item("tls_certificates", i)));
  }
  for (int i = 0; i < message.tls_certificate_sds_secret_configs_size(); ++i) {
    auto reference = DecodeReference(message.tls_certificate_sds_secret_configs(i),
                                     scope.Item("tls_certificate_sds_secret_configs", i));
    if (reference.has_value()) tls.certificate_secrets.push_back(*std::move(reference));
  }
  if (!tls.certificates.empty() && !tls.certificate_secrets.empty()) {
    scope.Field("tls_certificate_sds_secret_configs")
        .Error("cannot be given together with tls_certificates");
  }
  DecodeProviderCertificate(message, scope, tls);
}

TlsContext DecodeCommon(const pb::CommonTlsContext& message, const Scope& scope) {
  TlsContext tls;
  tls.parameters = DecodeParameters(message.tls_params(), scope.Field("tls_params"));
  DecodeCertificates(message, scope, tls);
  DecodeValidation(message, scope, tls);
  DecodeAlpn(message, scope, tls);
  if (message.has_key_log()) {
    tls.key_log = DecodeKeyLog(message.key_log(), scope.Field("key_log"));
  }
  return tls;
}

OcspPolicy DecodeOcspPolicy(pb::DownstreamTlsContext::OcspStaplePolicy policy) {
  switch (policy) {
    case pb::DownstreamTlsContext::STRICT_STAPLING:
      return OcspPolicy::kStrict;
    case pb::DownstreamTlsContext::MUST_STAPLE:
      return OcspPolicy::kMustStaple;
    default:  // Others have had their error from the field rules.
      return OcspPolicy::kLenient;
  }
}

}  // namespace

DownstreamTls DecodeDownstreamTls(const pb::DownstreamTlsContext& message, const Scope& scope) {
  DownstreamTls tls;
  const Scope common = scope.Field("common_tls_context");
  tls.common = DecodeCommon(message.common_tls_context(), common);
  if (tls.common.certificates.empty() && tls.common.certificate_secrets.empty()) {
    common.Error(
        "a server needs a certificate: tls_certificates, tls_certificate_sds_secret_configs or "
        "tls_certificate_provider_instance");
  }
  tls.require_client_certificate = message.require_client_certificate().value();
  tls.require_sni = message.require_sni().value();
  if (message.has_session_ticket_keys()) {
    tls.ticket_keys =
        DecodeSessionTicketKeys(message.session_ticket_keys(), scope.Field("session_ticket_keys"));
  }
  if (message.has_session_ticket_keys_sds_secret_config()) {
    tls.ticket_keys_secret = DecodeReference(message.session_ticket_keys_sds_secret_config(),
                                             scope.Field("session_ticket_keys_sds_secret_config"));
  }
  tls.stateless_resumption = !message.disable_stateless_session_resumption();
  tls.stateful_resumption = !message.disable_stateful_session_resumption();
  if (message.has_session_timeout()) {
    tls.session_timeout = std::chrono::seconds(message.session_timeout().seconds());
  }
  tls.ocsp_policy = DecodeOcspPolicy(message.ocsp_staple_policy());
  tls.full_scan_certs_on_sni_mismatch = message.full_scan_certs_on_sni_mismatch().value();
  tls.prefer_client_ciphers = message.prefer_client_ciphers();
  return tls;
}

UpstreamTls DecodeUpstreamTls(const pb::UpstreamTlsContext& message, const Scope& scope) {
  UpstreamTls tls;
  const Scope common = scope.Field("common_tls_context");
  tls.common = DecodeCommon(message.common_tls_context(), common);
  if (tls.common.certificates.size() + tls.common.certificate_secrets.size() > 1) {
    common.Error("a client shows one certificate at most");
  }
  const CertificateValidation& validation = tls.common.validation;
  const bool pinned = !validation.certificate_hashes.empty() || !validation.spki_hashes.empty();
  const bool trusts = !validation.trusted_ca_pem.empty() || !validation.spiffe.empty() ||
                      TrustIsElsewhere(message.common_tls_context().validation_context(), scope);
  if (!tls.common.validation_secret.has_value() && !trusts && !pinned &&
      !validation.accept_untrusted) {
    if (!validation.san_matchers.empty() || message.auto_sni_san_validation()) {
      common.Error(
          "names are checked, but nothing says whom to trust: validation_context.trusted_ca");
    } else {
      WEIR_LOG(kConfig, kWarn, common.path(),
               ": no certificate of a server is verified, as there is no "
               "validation_context.trusted_ca");
    }
  }
  tls.sni = message.sni();
  tls.auto_host_sni = message.auto_host_sni();
  tls.auto_sni_san_validation = message.auto_sni_san_validation();
  if (tls.auto_sni_san_validation && tls.sni.empty() && !tls.auto_host_sni) {
    scope.Field("auto_sni_san_validation").Error("needs a server name: sni or auto_host_sni");
  }
  if (message.allow_renegotiation()) {
    scope.Field("allow_renegotiation").Error("is not supported: TLS renegotiation is never done");
  }
  if (message.has_max_session_keys()) tls.max_session_keys = message.max_session_keys().value();
  if (message.has_enforce_rsa_key_usage()) {
    tls.enforce_rsa_key_usage = message.enforce_rsa_key_usage().value();
  }
  return tls;
}

}  // namespace weir::config::proto
