// Early data (RFC 8446, 2.3), which a third party can send again, is never taken: no session allows
// it, and a client that is set on it sends nothing before its handshake is done. What a client
// sends all the same is passed over, and arrives when it is sent again after the handshake.

#include <gtest/gtest.h>
#include <openssl/bytestring.h>

#include "test/tls/raw_client.h"

namespace weir::tls {
namespace {

const x509::Authority& Root() {
  static const auto* const root = new x509::Authority("Root");
  return *root;
}
config::DownstreamTls Server() {
  config::DownstreamTls server;
  server.common.certificates = {CertificateOf(Root().Issue({.dns = {"a.example"}}))};
  return server;
}
config::UpstreamTls Client() {
  config::UpstreamTls client;
  client.common.validation.trusted_ca_pem = Root().pem();
  return client;
}

// `session` as a server would have given it that allows early data (see ssl_asn1.cc of the library:
// the elements are in the order of their tags).
bssl::UniquePtr<SSL_SESSION> AllowingEarlyData(SSL_SESSION& session, SSL_CTX* context) {
  constexpr unsigned kMaxEarlyData = CBS_ASN1_CONSTRUCTED | CBS_ASN1_CONTEXT_SPECIFIC | 24;
  uint8_t* data = nullptr;
  size_t size = 0;
  if (SSL_SESSION_to_bytes(&session, &data, &size) != 1) return nullptr;
  const bssl::UniquePtr<uint8_t> owned(data);
  CBS in, elements;
  CBS_init(&in, data, size);
  bssl::ScopedCBB out;
  CBB sequence, limit;
  CBS_get_asn1(&in, &elements, CBS_ASN1_SEQUENCE);
  CBB_init(out.get(), size + 16);
  CBB_add_asn1(out.get(), &sequence, CBS_ASN1_SEQUENCE);
  bool added = false;
  const auto add = [&] {
    if (std::exchange(added, true)) return;
    CBB_add_asn1(&sequence, &limit, kMaxEarlyData);
    CBB_add_asn1_uint64(&limit, 16'384);
  };
  while (CBS_len(&elements) > 0) {
    CBS element;
    unsigned tag = 0;
    size_t header = 0;
    CBS_get_any_asn1_element(&elements, &element, &tag, &header);
    if ((tag & CBS_ASN1_CONTEXT_SPECIFIC) != 0 && tag > kMaxEarlyData) add();
    CBB_add_bytes(&sequence, CBS_data(&element), CBS_len(&element));
  }
  add();
  CBB_flush(out.get());
  return bssl::UniquePtr<SSL_SESSION>(
      SSL_SESSION_from_bytes(CBB_data(out.get()), CBB_len(out.get()), context));
}

TEST(EarlyDataTest, NoSessionAllowsItAndAClientThatWantsItSendsNone) {
  TlsBench bench(Server(), Client());
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

TEST(EarlyDataTest, WhatIsSentEarlyIsRefusedAndArrivesOnceWhenItIsSentAgain) {
  TlsBench bench(Server(), Client());
  RawClient client(bench);
  ASSERT_TRUE(client.Connect());
  bench.server().Send("hello");
  EXPECT_EQ(client.Read(), "hello");
  ASSERT_NE(client.session(), nullptr);
  const auto session = AllowingEarlyData(*client.session(), client.context());
  ASSERT_NE(session, nullptr);
  ASSERT_EQ(SSL_SESSION_early_data_capable(session.get()), 1);

  client.Reset();
  SSL* const ssl = client.ssl();
  SSL_set_early_data_enabled(ssl, 1);
  SSL_set_session(ssl, session.get());
  bench.ConnectRaw();
  const auto shake = [&] { return SSL_do_handshake(ssl); };
  const auto say = [&] { return SSL_write(ssl, "GET /", 5); };
  ASSERT_EQ(client.Once(shake), 1) << "the library lets early data be sent at once";
  ASSERT_EQ(SSL_in_early_data(ssl), 1);
  ASSERT_EQ(client.Once(say), 5);
  ASSERT_FALSE(client.Continue(shake));
  EXPECT_EQ(client.error(), SSL_ERROR_EARLY_DATA_REJECTED);
  EXPECT_EQ(bench.server().input, "") << "nothing of it is taken";

  SSL_reset_early_data_reject(ssl);
  ASSERT_TRUE(client.Continue(shake));
  EXPECT_EQ(SSL_session_reused(ssl), 1) << "the session is resumed none the less";
  EXPECT_EQ(SSL_early_data_accepted(ssl), 0);
  EXPECT_EQ(SSL_get_early_data_reason(ssl), ssl_early_data_peer_declined);
  ASSERT_TRUE(client.Continue(say));
  EXPECT_EQ(bench.server().input, "GET /");
  bench.server().Send("answer");
  EXPECT_EQ(client.Read(), "answer");
}

}  // namespace
}  // namespace weir::tls
