// The parts of TLS contexts that may also come as secrets.

#include <algorithm>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/config/proto/decode.h"
#include "source/config/proto/in_order.h"
#include "source/config/proto/tls.h"
#include "source/config/proto/values.h"
#include "source/config/shared_parts.h"
#include "source/x509/certificate.h"
#include "source/x509/ocsp_response.h"
#include "source/x509/pkcs12.h"
#include "source/x509/private_key.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::extensions::transport_sockets::tls::v3;

constexpr size_t kTicketKeySize = 80;

// "3 days", or "less than a day".
std::string WholeDays(std::chrono::system_clock::duration span) {
  const auto days = std::chrono::duration_cast<std::chrono::hours>(span).count() / 24;
  return days == 0 ? "less than a day" : StrCat(days, days == 1 ? " day" : " days");
}

// A certificate that has ended is of use to nobody: the one before it stays in force. Of the
// contexts' own nothing of the kind is said, as there is no other one to stay.
void RefuseExpired(const TlsCertificate& certificate, const Scope& scope) {
  const auto now = scope.context().now;
  if (!now.has_value() || certificate.chain_pem.empty()) return;
  const auto chain = x509::ParseCertificates(certificate.chain_pem);
  if (!chain.ok()) return;  // Has its error.
  const auto end = chain->front().NotAfter();
  if (end > *now) return;
  scope.Field("certificate_chain")
      .Error(StrCat("the certificate has expired: it ended ", WholeDays(*now - end), " ago"),
             chain->front().Subject());
}

void RefuseExpired(const CertificateValidation& validation, const Scope& scope) {
  const auto now = scope.context().now;
  if (!now.has_value() || validation.trusted_ca_pem.empty() ||
      validation.allow_expired_certificate) {
    return;
  }
  const auto anchors = x509::ParseCertificates(validation.trusted_ca_pem);
  if (!anchors.ok()) return;  // Has its error.
  const bool all = std::all_of(anchors->begin(), anchors->end(),
                               [&](const auto& anchor) { return anchor.NotAfter() <= *now; });
  if (!all) return;
  scope.Field("trusted_ca")
      .Error("every certificate in it has expired: nothing would be trusted",
             anchors->front().Subject());
}

// Mounted volumes are often open to all, so that such a file is not refused.
SecretBytes DecodeKey(const envoy::config::core::v3::DataSource& source, const Scope& scope) {
  if (!source.filename().empty() && scope.context().data.IsOpenToAll(source.filename())) {
    WEIR_LOG(kConfig, kWarn, scope.path(), ": every user of this machine can read the key in ",
             source.filename(), ": its mode should be 0600 or 0640");
  }
  return SecretBytes(DecodeDataSource(source, scope));
}

bool Pkcs12IsElsewhere(const pb::TlsCertificate& message, const Scope& scope) {
  return message.has_pkcs12() &&
         (IsElsewhere(message.pkcs12(), scope) || IsElsewhere(message.password(), scope));
}

// What is in the file becomes what the other two fields would have said.
void DecodePkcs12(const pb::TlsCertificate& message, const Scope& scope,
                  TlsCertificate& certificate) {
  const Scope at = scope.Field("pkcs12");
  if (message.has_certificate_chain() || message.has_private_key()) {
    return at.Error("cannot be given together with certificate_chain and private_key");
  }
  const size_t errors_before = scope.context().diagnostics.all().size();
  const SecretBytes file = DecodeKey(message.pkcs12(), at);
  if (scope.context().diagnostics.all().size() > errors_before) return;
  if (Pkcs12IsElsewhere(message, scope)) return;
  auto contents = x509::ParsePkcs12(file.view(), certificate.password.view());
  if (!contents.ok()) return at.Error(contents.status());
  certificate.path = message.pkcs12().filename();
  certificate.chain_pem = std::move(contents->chain_pem);
  certificate.key_pem = std::move(contents->key_pem);
  certificate.password = SecretBytes();
}

absl::Status CheckStaple(std::string_view der, const x509::Certificate& certificate) {
  WEIR_ASSIGN_OR_RETURN(const x509::OcspResponse response, x509::ParseOcspResponse(der));
  if (response.serial == certificate.Serial()) return absl::OkStatus();
  return InvalidArgument(StrCat("the OCSP response is about the certificate with serial ",
                                response.serial, ", the first of the chain has ",
                                certificate.Serial()));
}

// RFC 6962, 3.3: at least the version, the log's id, the time, and the lengths of what follows.
void AddTimestamp(const envoy::config::core::v3::DataSource& source, const Scope& scope,
                  TlsCertificate& certificate) {
  constexpr size_t kLeastSize = 1 + 32 + 8 + 2 + 4, kMostInAll = UINT16_MAX - 2;
  if (IsElsewhere(source, scope)) return;
  std::string timestamp = DecodeDataSource(source, scope);
  if (timestamp.size() < kLeastSize || timestamp.front() != 0) {
    return scope.Error("must be a SignedCertificateTimestamp of version 1 (RFC 6962, 3.2)",
                       StrCat(timestamp.size(), " bytes"));
  }
  certificate.signed_timestamps.push_back(std::move(timestamp));
  size_t in_all = 0;
  for (const std::string& one : certificate.signed_timestamps) in_all += one.size() + 2;
  if (in_all > kMostInAll) {
    scope.Error(StrCat("there is no room for it: all together may have ", kMostInAll, " bytes"),
                StrCat(in_all, " bytes"));
  }
}

// Whether its parts parse and belong together, as far as they are here.
void CheckTlsCertificate(const pb::TlsCertificate& message, const Scope& scope,
                         const TlsCertificate& certificate) {
  if (Pkcs12IsElsewhere(message, scope)) return;
  const Scope key_scope = scope.Field(message.has_pkcs12() ? "pkcs12" : "private_key");
  absl::StatusOr<std::vector<x509::Certificate>> chain = Unavailable("elsewhere");
  if (!IsElsewhere(message.certificate_chain(), scope)) {
    chain = x509::ParseCertificates(certificate.chain_pem);
    if (!chain.ok()) scope.Field("certificate_chain").Error(chain.status());
  }
  if (chain.ok() && !certificate.ocsp_staple.empty()) {
    const absl::Status fits = CheckStaple(certificate.ocsp_staple, chain->front());
    if (!fits.ok()) scope.Field("ocsp_staple").Error(fits);
  }
  if (IsElsewhere(message.private_key(), scope) || IsElsewhere(message.password(), scope)) return;
  const auto key = x509::PrivateKey::Parse(certificate.key_pem.view(), certificate.password.view());
  if (!key.ok()) key_scope.Error(key.status());
  if (chain.ok() && key.ok() && !key->Matches(chain->front())) {
    key_scope.Error("does not belong to the first certificate of the chain",
                    chain->front().Subject());
  }
}

}  // namespace

namespace {

TlsCertificate ReadTlsCertificate(const pb::TlsCertificate& message, const Scope& scope) {
  TlsCertificate certificate;
  if (message.has_password()) {
    certificate.password =
        SecretBytes(DecodeDataSource(message.password(), scope.Field("password")));
  }
  if (message.has_pkcs12()) {
    DecodePkcs12(message, scope, certificate);
  } else {
    certificate.path = message.certificate_chain().filename();
    certificate.chain_pem =
        DecodeDataSource(message.certificate_chain(), scope.Field("certificate_chain"));
    certificate.key_pem = DecodeKey(message.private_key(), scope.Field("private_key"));
  }
  if (message.has_ocsp_staple()) {
    certificate.ocsp_staple = DecodeDataSource(message.ocsp_staple(), scope.Field("ocsp_staple"));
  }
  for (int i = 0; i < message.signed_certificate_timestamp_size(); ++i) {
    AddTimestamp(message.signed_certificate_timestamp(i),
                 scope.Item("signed_certificate_timestamp", i), certificate);
  }
  return certificate;
}

}  // namespace

Shared<TlsCertificate> DecodeTlsCertificate(const pb::TlsCertificate& message,
                                            std::string_view secret_name, const Scope& scope) {
  const DecodeContext& context = scope.context();
  // Of what is elsewhere nobody knows whether it is good.
  SharedParts* const parts = context.data.IsElsewhere() ? nullptr : context.parts;
  const size_t errors_before = context.diagnostics.all().size();
  TlsCertificate certificate = ReadTlsCertificate(message, scope);
  certificate.name = secret_name;
  // What could not be read has its error already.
  if (context.diagnostics.all().size() > errors_before) return certificate;
  if (parts != nullptr) {
    if (auto good = parts->FindGood(certificate)) return Shared(std::move(good));
  }
  CheckTlsCertificate(message, scope, certificate);
  const Shared<TlsCertificate> checked(std::move(certificate));
  const bool is_good = context.diagnostics.all().size() == errors_before;
  if (is_good && parts != nullptr) parts->AddGood(checked.pointer());
  return checked;
}

SessionTicketKeys DecodeSessionTicketKeys(const pb::TlsSessionTicketKeys& message,
                                          const Scope& scope) {
  SessionTicketKeys keys;
  for (int i = 0; i < message.keys_size(); ++i) {
    const Scope item = scope.Item("keys", i);
    std::string bytes = DecodeDataSource(message.keys(i), item);
    if (!bytes.empty() && bytes.size() != kTicketKeySize) {
      item.Error(StrCat("must have ", kTicketKeySize,
                        " bytes: 16 of name, 32 of HMAC key, 32 of "
                        "AES key; this has ",
                        bytes.size()));
    }
    keys.keys.emplace_back(std::move(bytes));
  }
  return keys;
}

namespace {

GenericSecret DecodeGenericSecret(const pb::GenericSecret& message, const Scope& scope) {
  GenericSecret generic;
  if (message.has_secret()) {
    generic.secret = DecodeKey(message.secret(), scope.Field("secret"));
  }
  for (const auto& [name, source] : InOrder(message.secrets())) {
    generic.secrets[std::string(name)] = DecodeKey(*source, scope.Key("secrets", name));
  }
  return generic;
}

const envoy::config::core::v3::WatchedDirectory* WatchedDirectoryOf(const pb::Secret& message) {
  if (message.has_tls_certificate() && message.tls_certificate().has_watched_directory()) {
    return &message.tls_certificate().watched_directory();
  }
  if (message.has_validation_context() && message.validation_context().has_watched_directory()) {
    return &message.validation_context().watched_directory();
  }
  return nullptr;
}

}  // namespace

std::shared_ptr<const Secret> DecodeSecret(const pb::Secret& message, const Scope& scope) {
  auto secret = std::make_shared<Secret>();
  scope.context().follows_files = !scope.context().is_static;
  const Scope tls_certificate = scope.Field("tls_certificate");
  const Scope validation = scope.Field("validation_context");
  secret->name = message.name();
  if (secret->name.empty()) scope.Field("name").Error("a secret needs a name");
  switch (message.type_case()) {
    case pb::Secret::kTlsCertificate: {
      const Shared<TlsCertificate> certificate =
          DecodeTlsCertificate(message.tls_certificate(), message.name(), tls_certificate);
      RefuseExpired(*certificate, tls_certificate);
      secret->value = certificate;
      break;
    }
    case pb::Secret::kValidationContext:
      if (message.validation_context().has_ca_certificate_provider_instance()) {
        validation.Field("ca_certificate_provider_instance")
            .Error("is another secret: a secret stands for itself");
      }
      secret->value = DecodeCertificateValidation(message.validation_context(), validation);
      RefuseExpired(std::get<CertificateValidation>(secret->value), validation);
      break;
    case pb::Secret::kSessionTicketKeys:
      secret->value = DecodeSessionTicketKeys(message.session_ticket_keys(),
                                              scope.Field("session_ticket_keys"));
      break;
    case pb::Secret::kGenericSecret:
      secret->value = DecodeGenericSecret(message.generic_secret(), scope.Field("generic_secret"));
      break;
    case pb::Secret::TYPE_NOT_SET:
      scope.Error(
          "is empty: tls_certificate, validation_context, session_ticket_keys or generic_secret");
      break;
  }
  if (const auto* const directory = WatchedDirectoryOf(message)) {
    secret->watched = {directory->path()};
  } else {
    secret->watched = scope.context().files;
  }
  return secret;
}

}  // namespace weir::config::proto
