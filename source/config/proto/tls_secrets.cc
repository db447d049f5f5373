// The parts of TLS contexts that may also come as secrets.

#include <algorithm>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/config/proto/decode.h"
#include "source/config/proto/matchers.h"
#include "source/config/proto/tls.h"
#include "source/config/proto/values.h"
#include "source/x509/certificate.h"
#include "source/x509/ocsp_response.h"
#include "source/x509/pkcs12.h"
#include "source/x509/private_key.h"
#include "source/x509/trust_store.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::extensions::transport_sockets::tls::v3;

constexpr size_t kTicketKeySize = 80;
// Where the system keeps its authorities: Debian, Red Hat, Alpine.
constexpr const char* kSystemRoots[] = {"/etc/ssl/certs/ca-certificates.crt",
                                        "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = AsciiToLower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// 64 digits, or 32 pairs with colons between them.
std::optional<Sha256> ParseHex(std::string_view text) {
  Sha256 hash{};
  const size_t step = text.size() == 95 ? 3 : 2;
  if (text.size() != 64 && text.size() != 95) return std::nullopt;
  for (size_t i = 0; i < hash.size(); ++i) {
    const int high = HexDigit(text[i * step]);
    const int low = HexDigit(text[i * step + 1]);
    const bool separated = step == 2 || i + 1 == hash.size() || text[i * step + 2] == ':';
    if (high < 0 || low < 0 || !separated) return std::nullopt;
    hash[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return hash;
}

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// 43 digits and one '='.
std::optional<Sha256> ParseBase64(std::string_view text) {
  if (text.size() != 44 || text.back() != '=') return std::nullopt;
  Sha256 hash{};
  uint32_t bits = 0;
  size_t have = 0, at = 0;
  for (const char c : text.substr(0, 43)) {
    const int digit = Base64Digit(c);
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    hash[at++] = static_cast<uint8_t>(bits >> have);
  }
  return hash;
}

template <typename Texts, typename Parse>
std::vector<Sha256> DecodeHashes(const Texts& texts, const Scope& scope, std::string_view field,
                                 std::string_view rule, Parse parse) {
  std::vector<Sha256> hashes;
  for (int i = 0; i < texts.size(); ++i) {
    const std::optional<Sha256> hash = parse(texts[i]);
    if (hash.has_value()) {
      hashes.push_back(*hash);
    } else {
      scope.Item(field, i).Error(rule, texts[i]);
    }
  }
  return hashes;
}

std::optional<SanMatcher> DecodeSanMatcher(const pb::SubjectAltNameMatcher& message,
                                           const Scope& scope) {
  using Pb = pb::SubjectAltNameMatcher;
  const auto matcher = DecodeStringMatcher(message.matcher(), scope.Field("matcher"));
  if (!matcher.has_value()) return std::nullopt;
  SanMatcher decoded{.matcher = *matcher};
  switch (message.san_type()) {
    case Pb::EMAIL:
      decoded.type = SanMatcher::Type::kEmail;
      break;
    case Pb::DNS:
      decoded.type = SanMatcher::Type::kDns;
      decoded.exact_dns = message.matcher().exact();
      break;
    case Pb::URI:
      decoded.type = SanMatcher::Type::kUri;
      break;
    case Pb::IP_ADDRESS:
      decoded.type = SanMatcher::Type::kIpAddress;
      break;
    case Pb::OTHER_NAME:
      decoded.type = SanMatcher::Type::kOtherName;
      break;
    default:
      return std::nullopt;  // The field rules have spoken.
  }
  decoded.oid = message.oid();
  if ((decoded.type == SanMatcher::Type::kOtherName) == decoded.oid.empty()) {
    scope.Field("oid").Error("belongs to san_type OTHER_NAME, which needs it", decoded.oid);
  }
  return decoded;
}

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

void DecodeTrust(const pb::CertificateValidationContext& message, const Scope& scope,
                 CertificateValidation& validation) {
  if (message.has_trusted_ca()) {
    const size_t errors_before = scope.context().diagnostics.all().size();
    validation.path = message.trusted_ca().filename();
    validation.trusted_ca_pem = DecodeDataSource(message.trusted_ca(), scope.Field("trusted_ca"));
    // Without anchors nothing would be verified.
    if (validation.trusted_ca_pem.empty() && !TrustIsElsewhere(message, scope) &&
        scope.context().diagnostics.all().size() == errors_before) {
      scope.Field("trusted_ca").Error("is empty: it must hold PEM certificates");
    }
  }
  if (message.has_system_root_certs() && validation.trusted_ca_pem.empty()) {
    absl::StatusOr<std::string> roots;
    for (const char* path : kSystemRoots) {
      validation.path = path;
      roots = scope.context().data.ReadFile(path);
      if (roots.ok()) break;
    }
    if (!roots.ok()) scope.Field("system_root_certs").Error(roots.status());
    if (roots.ok()) validation.trusted_ca_pem = *std::move(roots);
  }
  if (message.has_crl()) validation.crl_pem = DecodeDataSource(message.crl(), scope.Field("crl"));
  if (validation.trusted_ca_pem.empty()) {
    if (TrustIsElsewhere(message, scope)) return;
    if (!validation.crl_pem.empty()) scope.Field("crl").Error("has no effect without trusted_ca");
    return;
  }
  const auto anchors = x509::TrustStore::Create(validation.trusted_ca_pem, "", {});
  if (!anchors.ok()) return scope.Field("trusted_ca").Error(anchors.status());
  if (message.has_crl() && IsElsewhere(message.crl(), scope)) return;
  const auto lists = x509::TrustStore::Create(validation.trusted_ca_pem, validation.crl_pem, {});
  if (!lists.ok()) scope.Field("crl").Error(lists.status());
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

bool TrustIsElsewhere(const pb::CertificateValidationContext& message, const Scope& scope) {
  return IsElsewhere(message.trusted_ca(), scope) ||
         (message.has_system_root_certs() && scope.context().data.IsElsewhere());
}

TlsCertificate DecodeTlsCertificate(const pb::TlsCertificate& message, const Scope& scope) {
  TlsCertificate certificate;
  const size_t errors_before = scope.context().diagnostics.all().size();
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
  // What could not be read has its error already.
  if (scope.context().diagnostics.all().size() > errors_before) return certificate;
  CheckTlsCertificate(message, scope, certificate);
  return certificate;
}

CertificateValidation DecodeCertificateValidation(const pb::CertificateValidationContext& message,
                                                  const Scope& scope) {
  CertificateValidation validation;
  DecodeTrust(message, scope, validation);
  validation.only_verify_leaf_cert_crl = message.only_verify_leaf_cert_crl();
  for (int i = 0; i < message.match_typed_subject_alt_names_size(); ++i) {
    auto matcher = DecodeSanMatcher(message.match_typed_subject_alt_names(i),
                                    scope.Item("match_typed_subject_alt_names", i));
    if (matcher.has_value()) validation.san_matchers.push_back(*std::move(matcher));
  }
  validation.certificate_hashes =
      DecodeHashes(message.verify_certificate_hash(), scope, "verify_certificate_hash",
                   "must be a SHA-256 in hex: 64 digits, or 32 pairs with colons", ParseHex);
  validation.spki_hashes =
      DecodeHashes(message.verify_certificate_spki(), scope, "verify_certificate_spki",
                   "must be a SHA-256 in base64: 44 characters", ParseBase64);
  if (message.has_max_verify_depth()) {
    validation.max_verify_depth = message.max_verify_depth().value();
  }
  validation.accept_untrusted =
      message.trust_chain_verification() == pb::CertificateValidationContext::ACCEPT_UNTRUSTED;
  validation.allow_expired_certificate = message.allow_expired_certificate();
  validation.suppress_client_ca_list = message.suppress_client_ca_list();
  return validation;
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
  const Scope tls_certificate = scope.Field("tls_certificate");
  const Scope validation = scope.Field("validation_context");
  secret->name = message.name();
  if (secret->name.empty()) scope.Field("name").Error("a secret needs a name");
  switch (message.type_case()) {
    case pb::Secret::kTlsCertificate: {
      TlsCertificate certificate = DecodeTlsCertificate(message.tls_certificate(), tls_certificate);
      certificate.name = message.name();
      RefuseExpired(certificate, tls_certificate);
      secret->value = Shared(std::move(certificate));
      break;
    }
    case pb::Secret::kValidationContext:
      secret->value = DecodeCertificateValidation(message.validation_context(), validation);
      RefuseExpired(std::get<CertificateValidation>(secret->value), validation);
      break;
    case pb::Secret::kSessionTicketKeys:
      secret->value = DecodeSessionTicketKeys(message.session_ticket_keys(),
                                              scope.Field("session_ticket_keys"));
      break;
    case pb::Secret::TYPE_NOT_SET:
      scope.Error("is empty: tls_certificate, validation_context or session_ticket_keys");
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
