// Any text as PEM and as DER: certificates, key, lists, trust, OCSP. What is parsed is described,
// written again, verified, and matched with the names that it bears.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/base/check.h"
#include "source/x509/certificate.h"
#include "source/x509/ocsp_response.h"
#include "source/x509/private_key.h"
#include "source/x509/spiffe.h"
#include "source/x509/trust_store.h"

namespace weir::x509 {
namespace {

void CheckNames(const Certificate& certificate) {
  for (const SubjectAltName& name : certificate.SubjectAltNames()) {
    WEIR_CHECK(name.kind == SubjectAltName::Kind::kOther || name.oid.empty(),
               "a kind that has one");
    if (name.kind != SubjectAltName::Kind::kDns) continue;
    (void)DnsNameCovers(name.value, "a.example.org");
    (void)DnsNameCovers("*.example.org", name.value);
  }
  const auto id = SpiffeIdOf(certificate);
  const auto workload = WorkloadIdOf(certificate);
  WEIR_CHECK(!workload.has_value() || workload == id, "a workload's identity is its own");
  WEIR_CHECK(!workload.has_value() || !certificate.IsAuthority(), "and no authority's");
}

void Describe(const Certificate& certificate) {
  (void)certificate.Subject();
  (void)certificate.Issuer();
  (void)certificate.CommonName();
  (void)certificate.NotBefore();
  (void)certificate.NotAfter();
  (void)certificate.key_kind();
  (void)certificate.CurveId();
  (void)certificate.MustStaple();
  WEIR_CHECK(certificate.Serial().find_first_not_of("0123456789abcdef") == std::string::npos,
             "hexadecimal");
  WEIR_CHECK(certificate.SpkiSha256().size() == 32, "a digest");
  WEIR_CHECK(certificate.Sha256Fingerprint().size() == 64, "a digest in text");
  WEIR_CHECK(certificate.Sha1Fingerprint().size() == 40, "a digest in text");
  CheckNames(certificate);
}

// In both forms it is the same certificate.
void CheckWritten(const Certificate& certificate) {
  const auto from_der = Certificate::FromDer(certificate.Der());
  WEIR_CHECK(from_der.ok() && from_der->Der() == certificate.Der(), "DER is read as it is written");
  const auto from_pem = ParseCertificates(certificate.Pem());
  WEIR_CHECK(from_pem.ok() && from_pem->size() == 1, "so is PEM");
  WEIR_CHECK(from_pem->front().Sha256Fingerprint() == certificate.Sha256Fingerprint(), "the same");
}

void CheckTrust(std::string_view text, const std::vector<Certificate>& chain) {
  const auto now = std::chrono::system_clock::from_time_t(1'800'000'000);
  for (const bool lenient : {false, true}) {
    TrustOptions options{.allow_expired = lenient, .leaf_crl_only = lenient};
    if (lenient) options.max_depth = 1;
    for (const std::string_view crl : {std::string_view(), text}) {
      const auto trust = TrustStore::Create(text, crl, options);
      if (!trust.ok()) continue;
      WEIR_CHECK(!trust->anchors().empty(), "somebody is trusted");
      (void)trust->Verify(chain, TrustStore::Peer::kServer, now);
      (void)trust->Verify(chain, TrustStore::Peer::kClient, now);
    }
  }
}

void CheckOthers(std::string_view text) {
  if (const auto id = ParseSpiffeId(text)) {
    WEIR_CHECK(!id->trust_domain.empty(), "an identity has its domain");
  }
  if (const auto response = ParseOcspResponse(text); response.ok()) {
    WEIR_CHECK(response->next_update.has_value() ||
                   !response->IsCurrent(std::chrono::system_clock::time_point::min()),
               "without an end it is never current");
  }
  (void)DnsNameCovers(text, "a.example.org");
  (void)PrivateKey::Parse(text, "sesame");
  if (const auto certificate = Certificate::FromDer(text); certificate.ok()) Describe(*certificate);
}

}  // namespace
}  // namespace weir::x509

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::x509;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckOthers(text);
  const auto key = PrivateKey::Parse(text);
  const auto chain = ParseCertificates(text);
  if (!chain.ok()) return 0;
  for (const Certificate& certificate : *chain) {
    Describe(certificate);
    CheckWritten(certificate);
    if (key.ok()) (void)key->Matches(certificate);
  }
  CheckTrust(text, *chain);
  return 0;
}
