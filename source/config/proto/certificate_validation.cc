// What is demanded of a peer's certificate: whom to trust, names, hashes.

#include <algorithm>

#include "source/base/encoding.h"
#include "source/base/status.h"
#include "source/config/proto/decode.h"
#include "source/config/proto/matchers.h"
#include "source/config/proto/spiffe_trust.h"
#include "source/config/proto/tls.h"
#include "source/config/proto/values.h"
#include "source/x509/trust_store.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::extensions::transport_sockets::tls::v3;

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

// 43 digits of the standard alphabet and one '='.
std::optional<Sha256> ParseBase64(std::string_view text) {
  if (text.size() != 44 || text.find_first_of("-_") != std::string_view::npos) return std::nullopt;
  const std::optional<std::string> bytes = DecodeBase64(text);
  Sha256 hash{};
  if (!bytes.has_value() || bytes->size() != hash.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), hash.begin());
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

void ReadSystemRoots(const Scope& scope, CertificateValidation& validation) {
  absl::StatusOr<std::string> roots;
  for (const char* path : kSystemRoots) {
    validation.path = path;
    roots = scope.context().data.ReadFile(path);
    if (roots.ok()) break;
  }
  if (!roots.ok()) scope.Error(roots.status());
  if (roots.ok()) validation.trusted_ca_pem = *std::move(roots);
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
  const bool provided = message.has_ca_certificate_provider_instance();
  if (provided && message.has_trusted_ca()) {
    scope.Field("ca_certificate_provider_instance")
        .Error("cannot be given together with trusted_ca");
  }
  if (message.has_system_root_certs() && validation.trusted_ca_pem.empty() && !provided) {
    ReadSystemRoots(scope.Field("system_root_certs"), validation);
  }
  if (message.has_crl()) validation.crl_pem = DecodeDataSource(message.crl(), scope.Field("crl"));
  if (validation.trusted_ca_pem.empty()) {
    if (TrustIsElsewhere(message, scope) || provided) return;
    if (!validation.crl_pem.empty()) scope.Field("crl").Error("has no effect without trusted_ca");
    return;
  }
  const auto anchors = x509::TrustStore::Create(validation.trusted_ca_pem, "", {});
  if (!anchors.ok()) return scope.Field("trusted_ca").Error(anchors.status());
  if (message.has_crl() && IsElsewhere(message.crl(), scope)) return;
  const auto lists = x509::TrustStore::Create(validation.trusted_ca_pem, validation.crl_pem, {});
  if (!lists.ok()) scope.Field("crl").Error(lists.status());
}

// What the validator does not look at must not seem to protect anybody.
void DecodeCustomValidator(const pb::CertificateValidationContext& message, const Scope& scope,
                           CertificateValidation& validation) {
  const std::pair<const char*, bool> others[] = {
      {"trusted_ca", message.has_trusted_ca()},
      {"ca_certificate_provider_instance", message.has_ca_certificate_provider_instance()},
      {"system_root_certs", message.has_system_root_certs()},
      {"crl", message.has_crl()},
      {"only_verify_leaf_cert_crl", message.only_verify_leaf_cert_crl()},
      {"verify_certificate_hash", message.verify_certificate_hash_size() > 0},
      {"verify_certificate_spki", message.verify_certificate_spki_size() > 0},
      {"max_verify_depth", message.has_max_verify_depth()},
  };
  for (const auto& [field, is_set] : others) {
    if (is_set) scope.Field(field).Error("has no effect with custom_validator_config");
  }
  if (message.trust_chain_verification() == pb::CertificateValidationContext::ACCEPT_UNTRUSTED) {
    scope.Field("trust_chain_verification")
        .Error("has no effect with custom_validator_config", "ACCEPT_UNTRUSTED");
  }
  validation.spiffe =
      DecodeSpiffeTrust(message.custom_validator_config(), scope.Field("custom_validator_config"));
}

}  // namespace

bool TrustIsElsewhere(const pb::CertificateValidationContext& message, const Scope& scope) {
  return IsElsewhere(message.trusted_ca(), scope) ||
         (message.has_system_root_certs() && scope.context().data.IsElsewhere());
}

CertificateValidation DecodeCertificateValidation(const pb::CertificateValidationContext& message,
                                                  const Scope& scope) {
  CertificateValidation validation;
  if (message.has_custom_validator_config()) {
    DecodeCustomValidator(message, scope, validation);
  } else {
    DecodeTrust(message, scope, validation);
  }
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

}  // namespace weir::config::proto
