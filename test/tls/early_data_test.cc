// Early data (RFC 8446, 2.3), which a third party can send again, is never taken: no session allows
// it, and a client that is set on it sends nothing before its handshake is done.

#include <gtest/gtest.h>

#include "test/tls/raw_client.h"

namespace weir::tls {
namespace {

TEST(EarlyDataTest, NoSessionAllowsItAndAClientThatWantsItSendsNone) {
  static const auto* const root = new x509::Authority("Root");
  config::DownstreamTls server;
  server.common.certificates = {CertificateOf(root->Issue({.dns = {"a.example"}}))};
  config::UpstreamTls client;
  client.common.validation.trusted_ca_pem = root->pem();
  TlsBench bench(server, client);
  RawClient wants(bench);
  SSL_set_early_data_enabled(wants.ssl(), 1);
  ASSERT_TRUE(wants.Connect());
  bench.server().Send("hello");
  EXPECT_EQ(wants.Read(), "hello");  // And the session before it.
  ASSERT_NE(wants.session(), nullptr);
  EXPECT_EQ(SSL_SESSION_early_data_capable(wants.session()), 0);

  const bssl::UniquePtr<SSL_SESSION> session = bssl::UpRef(wants.session());
  wants.Reset();
  SSL_set_early_data_enabled(wants.ssl(), 1);
  SSL_set_session(wants.ssl(), session.get());
  ASSERT_TRUE(wants.Connect());
  EXPECT_EQ(SSL_session_reused(wants.ssl()), 1);
  EXPECT_EQ(SSL_early_data_accepted(wants.ssl()), 0);
  EXPECT_EQ(SSL_get_early_data_reason(wants.ssl()), ssl_early_data_unsupported_for_session);
}

}  // namespace
}  // namespace weir::tls
