// Any text as PEM: certificates, key, lists, trust. What is parsed is described and verified.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/x509/certificate.h"
#include "source/x509/ocsp_response.h"
#include "source/x509/private_key.h"
#include "source/x509/spiffe.h"
#include "source/x509/trust_store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::x509;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)ParseSpiffeId(text);
  (void)ParseOcspResponse(text);
  const auto key = PrivateKey::Parse(text);
  (void)Certificate::FromDer(text);
  const auto chain = ParseCertificates(text);
  if (!chain.ok()) return 0;
  for (const Certificate& certificate : *chain) {
    (void)certificate.Subject();
    (void)certificate.Issuer();
    (void)certificate.CommonName();
    (void)certificate.Serial();
    (void)certificate.SubjectAltNames();
    (void)certificate.NotBefore();
    (void)certificate.NotAfter();
    (void)certificate.SpkiSha256();
    (void)certificate.CurveId();
    (void)certificate.MustStaple();
    (void)SpiffeIdOf(certificate);
    if (key.ok()) (void)key->Matches(certificate);
  }
  const auto trust = TrustStore::Create(text, text, {});
  if (trust.ok()) {
    (void)trust->Verify(*chain, TrustStore::Peer::kServer, std::chrono::system_clock::time_point());
  }
  return 0;
}
