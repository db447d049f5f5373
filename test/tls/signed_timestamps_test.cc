// Signed certificate timestamps (RFC 6962) are sent to clients that ask for them.

#include <gtest/gtest.h>

#include "test/tls/raw_client.h"

namespace weir::tls {
namespace {

// What a client gets that asks; with the length of the list and of each.
std::string TimestampsOf(const std::vector<std::string>& timestamps, bool asks = true) {
  const x509::Authority root("Root");
  config::DownstreamTls server;
  config::TlsCertificate certificate = CertificateOf(root.Issue({.dns = {"a.example"}}));
  certificate.signed_timestamps = timestamps;
  server.common.certificates.push_back(certificate);
  config::UpstreamTls client;
  client.common.validation.trusted_ca_pem = root.pem();
  TlsBench bench(server, client);
  RawClient raw(bench);
  if (asks) SSL_enable_signed_cert_timestamps(raw.ssl());
  EXPECT_TRUE(raw.Connect());
  const uint8_t* data = nullptr;
  size_t size = 0;
  SSL_get0_signed_cert_timestamp_list(raw.ssl(), &data, &size);
  return {reinterpret_cast<const char*>(data), size};
}

TEST(SignedTimestamps, AreSentAsAList) {
  using namespace std::string_literals;
  EXPECT_EQ(TimestampsOf({"one", "second"}), "\0\x0d\0\x03one\0\x06second"s);
}

TEST(SignedTimestamps, AreNotSentToThoseWhoDoNotAskNorWhereThereAreNone) {
  EXPECT_EQ(TimestampsOf({"one"}, false), "");
  EXPECT_EQ(TimestampsOf({}), "");
}

}  // namespace
}  // namespace weir::tls
