// Any bytes as PKCS #12: the first line is the password. What is read is a key with its chain,
// which can be read again. Seeds that are taken have few rounds of their password's hash.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/base/check.h"
#include "source/x509/certificate.h"
#include "source/x509/pkcs12.h"
#include "source/x509/private_key.h"
#include "test/fuzz/lines.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::x509;
  std::string_view rest = weir::TextOf(data, size);
  const std::string_view password = weir::TakeLine(rest);
  const auto contents = ParsePkcs12(rest, password);
  if (!contents.ok()) {
    WEIR_CHECK(!contents.status().message().empty(), "a refusal has a reason");
    return 0;
  }
  const auto chain = ParseCertificates(contents->chain_pem);
  WEIR_CHECK(chain.ok(), "its chain is one");
  // A key that is too small is read, and refused where it is used.
  const auto key = PrivateKey::Parse(contents->key_pem.view());
  if (key.ok()) WEIR_CHECK(key->Matches(chain->front()), "the certificate of the key comes first");
  return 0;
}
