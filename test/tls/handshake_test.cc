// Handshakes between our client and our server: versions, keys, curves, names, protocols, client
// certificates, resumption; what fails, and with which words and counters.

#include <gmock/gmock.h>

#include "test/tls/tls_bench.h"

namespace weir::tls {
namespace {

using config::TlsVersion;
using testing::HasSubstr;
using x509::TestKey;

// One authority for all tests: making keys is what takes time here.
const x509::Authority& Root() {
  static const auto* const root = new x509::Authority("Root");
  return *root;
}

config::DownstreamTls Server(const x509::CertificateRequest& request = {.dns = {"a.example"}}) {
  config::DownstreamTls tls;
  tls.common.certificates.push_back(CertificateOf(Root().Issue(request)));
  return tls;
}

config::UpstreamTls Client() {
  config::UpstreamTls tls;
  tls.common.validation.trusted_ca_pem = Root().pem();
  tls.sni = "a.example";
  tls.auto_sni_san_validation = true;
  return tls;
}

void ExpectBytesPass(TlsBench& bench) {
  bench.client().Send("ping");
  bench.server().Send("pong");
  bench.Run();
  EXPECT_EQ(bench.server().input, "ping");
  EXPECT_EQ(bench.client().input, "pong");
}

TEST(HandshakeTest, VersionsAgreeOnTheHighestInCommon) {
  struct Case {
    TlsVersion client_min, client_max, server_min, server_max;
    std::string agreed;  // "": none.
  };
  constexpr auto k2 = TlsVersion::kTls12, k3 = TlsVersion::kTls13;
  for (const Case& c :
       {Case{k2, k3, k2, k3, "TLSv1.3"}, Case{k2, k2, k2, k3, "TLSv1.2"},
        Case{k2, k3, k2, k2, "TLSv1.2"}, Case{k3, k3, k2, k2, ""}, Case{k2, k2, k3, k3, ""}}) {
    config::DownstreamTls server = Server();
    server.common.parameters = {.minimum = c.server_min, .maximum = c.server_max};
    config::UpstreamTls client = Client();
    client.common.parameters = {.minimum = c.client_min, .maximum = c.client_max};
    TlsBench bench(server, client);
    bench.Connect();
    ASSERT_EQ(bench.connected(), !c.agreed.empty());
    if (c.agreed.empty()) {
      EXPECT_EQ(bench.server_stats().connection_error.value(), 1u);
      EXPECT_THAT(bench.server().failure, HasSubstr("TLS_error:|"));
      continue;
    }
    EXPECT_EQ(bench.client_facts().version, c.agreed);
    EXPECT_EQ(bench.server_facts().version, c.agreed);
    EXPECT_EQ(bench.server_stats().versions[c.agreed == "TLSv1.3" ? 1 : 0].value(), 1u);
    ExpectBytesPass(bench);
  }
}

TEST(HandshakeTest, EveryKindOfKeyWorksInBothVersions) {
  for (const TestKey key : {TestKey::kP256, TestKey::kP384, TestKey::kRsa2048}) {
    for (const TlsVersion version : {TlsVersion::kTls12, TlsVersion::kTls13}) {
      config::DownstreamTls server = Server({.dns = {"a.example"}, .key = key});
      config::UpstreamTls client = Client();
      client.common.parameters = {
          .minimum = version, .maximum = version, .curves = "X25519:P-256:P-384"};
      TlsBench bench(server, client);
      bench.Connect();
      ASSERT_TRUE(bench.connected())
          << static_cast<int>(key) << " " << bench.client().failure << bench.server().failure;
      ExpectBytesPass(bench);
    }
  }
}

TEST(HandshakeTest, CurvesAndCiphersAreThoseConfigured) {
  config::DownstreamTls server = Server();
  server.common.parameters = {
      .maximum = TlsVersion::kTls12, .ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384", .curves = "P-384"};
  config::UpstreamTls client = Client();
  client.common.parameters.curves = "X25519:P-256:P-384";
  TlsBench bench(server, client);
  bench.Connect();
  ASSERT_TRUE(bench.connected()) << bench.server().failure;
  EXPECT_EQ(bench.server_facts().cipher, "ECDHE-ECDSA-AES256-GCM-SHA384");
  EXPECT_EQ(bench.server_stats().curves[2].value(), 1u);
  client.common.parameters.curves = "P-256";
  bench.SetClient(client);
  bench.Connect();
  EXPECT_FALSE(bench.connected());
}

TEST(HandshakeTest, ListsThatTheLibraryDoesNotTakeAreNamed) {
  config::UpstreamTls client = Client();
  client.common.parameters.ciphers = "NO-SUCH-CIPHER";
  EXPECT_THAT(ClientContext::Create(client).status().ToString(),
              HasSubstr("cipher_suites: \"NO-SUCH-CIPHER\" is refused"));
  client.common.parameters = {.curves = "P-255"};
  EXPECT_THAT(ClientContext::Create(client).status().ToString(),
              HasSubstr("ecdh_curves: \"P-255\" is refused"));
  client.common.parameters = {.signature_algorithms = "rot13"};
  EXPECT_THAT(ClientContext::Create(client).status().ToString(),
              HasSubstr("signature_algorithms: \"rot13\" is refused"));
}

TEST(HandshakeTest, TheKeyMustBelongToTheCertificate) {
  config::DownstreamTls server = Server();
  server.common.certificates[0].Edit().key_pem = SecretBytes(std::string(Root().Issue({}).key_pem));
  EXPECT_THAT(ServerContext::Create(server).status().ToString(),
              HasSubstr("certificate 1: the private key does not belong to the first certificate"));
  server.common.certificates.clear();
  EXPECT_THAT(ServerContext::Create(server).status().ToString(), HasSubstr("needs a certificate"));
}

TEST(HandshakeTest, TheServerNameChoosesTheCertificate) {
  config::DownstreamTls server;
  for (const char* name : {"first.example", "a.example", "*.b.example"}) {
    server.common.certificates.push_back(
        CertificateOf(Root().Issue({.common_name = name, .dns = {name}})));
  }
  struct Case {
    std::string sni, subject;
  };
  for (const Case& c :
       {Case{"a.example", "CN=a.example,O=Weir"}, Case{"A.Example", "CN=a.example,O=Weir"},
        Case{"x.b.example", "CN=*.b.example,O=Weir"},
        Case{"x.y.b.example", "CN=first.example,O=Weir"},
        Case{"unknown.example", "CN=first.example,O=Weir"}, Case{"", "CN=first.example,O=Weir"}}) {
    config::UpstreamTls client = Client();
    client.auto_sni_san_validation = false;
    client.sni = c.sni;
    TlsBench bench(server, client);
    bench.Connect();
    ASSERT_TRUE(bench.connected()) << c.sni;
    EXPECT_EQ(bench.client_facts().peer->subject, c.subject) << c.sni;
    EXPECT_EQ(bench.server_facts().local->subject, c.subject) << c.sni;
    EXPECT_EQ(bench.server().stream->transport().server_name, AsciiLower(c.sni));
  }
}

TEST(HandshakeTest, RequireSniRefusesClientsWithoutOne) {
  config::DownstreamTls server = Server();
  server.require_sni = true;
  config::UpstreamTls client = Client();
  TlsBench bench(server, client);
  bench.Connect();
  EXPECT_TRUE(bench.connected());
  client.sni = "";
  client.auto_sni_san_validation = false;
  bench.SetClient(client);
  bench.Connect();
  EXPECT_FALSE(bench.connected());
}

TEST(HandshakeTest, EcdsaIsPreferredWhereTheClientCan) {
  config::DownstreamTls server = Server({.dns = {"a.example"}, .key = TestKey::kRsa2048});
  server.common.certificates.push_back(CertificateOf(Root().Issue({.dns = {"a.example"}})));
  struct Case {
    config::TlsParameters parameters;
    size_t signature;  // Among TransportStats::sigalgs of the client.
  };
  constexpr auto k2 = TlsVersion::kTls12;
  for (const Case& c :
       {Case{{}, 0}, Case{{.maximum = k2}, 0},
        Case{{.maximum = k2, .ciphers = "ECDHE-RSA-AES128-GCM-SHA256"}, 3},
        Case{{.signature_algorithms = "rsa_pss_rsae_sha256:ecdsa_secp384r1_sha384"}, 3}}) {
    config::UpstreamTls client = Client();
    client.common.parameters = c.parameters;
    TlsBench bench(server, client);
    bench.Connect();
    ASSERT_TRUE(bench.connected()) << bench.client().failure;
    EXPECT_EQ(bench.client_stats().sigalgs[c.signature].value(), 1u);
  }
}

TEST(HandshakeTest, AFullScanLooksAtAllCertificatesWhereNoNameMatches) {
  config::DownstreamTls server = Server({.dns = {"rsa.example"}, .key = TestKey::kRsa2048});
  server.common.certificates.push_back(CertificateOf(Root().Issue({.dns = {"ec.example"}})));
  config::UpstreamTls client = Client();
  client.sni = "other.example";
  client.auto_sni_san_validation = false;
  TlsBench bench(server, client);
  bench.Connect();
  EXPECT_EQ(bench.client_facts().peer->dns_names[0], "rsa.example");
  server.full_scan_certs_on_sni_mismatch = true;
  bench.SetServer(server);
  bench.Connect();
  EXPECT_EQ(bench.client_facts().peer->dns_names[0], "ec.example");
}

TEST(HandshakeTest, AlpnIsTheServersFirstOfThoseOffered) {
  struct Case {
    std::vector<std::string> server, client, fallback;
    std::string agreed;
    bool connected = true;
  };
  for (const Case& c :
       {Case{{"h2", "http/1.1"}, {"http/1.1", "h2"}, {}, "h2"},
        Case{{"h2", "http/1.1"}, {"http/1.1"}, {}, "http/1.1"}, Case{{"h2"}, {}, {"h2"}, "h2"},
        Case{{"h2", "http/1.1"}, {"http/1.1"}, {"h2"}, "http/1.1"}, Case{{"h2"}, {}, {}, ""},
        Case{{}, {"h2"}, {}, ""}, Case{{"h2"}, {"spdy/1"}, {}, "", false}}) {
    config::DownstreamTls server = Server();
    server.common.alpn = c.server;
    config::UpstreamTls client = Client();
    client.common.alpn = c.client;
    TlsBench bench(server, client);
    bench.Connect({.alpn = c.fallback});
    ASSERT_EQ(bench.connected(), c.connected);
    if (!c.connected) {
      EXPECT_THAT(bench.client().failure, HasSubstr("TLSV1_ALERT_NO_APPLICATION_PROTOCOL"));
      continue;
    }
    EXPECT_EQ(bench.client().stream->transport().alpn, c.agreed);
    EXPECT_EQ(bench.server().stream->transport().alpn, c.agreed);
  }
}

TEST(HandshakeTest, TheEndpointsNameIsSentAndDemandedWithAutoHostSni) {
  config::UpstreamTls client = Client();
  client.sni = "fallback.example";
  client.auto_host_sni = true;
  TlsBench bench(Server(), client);
  bench.Connect({.host_name = "a.example"});
  ASSERT_TRUE(bench.connected());
  EXPECT_EQ(bench.server().stream->transport().server_name, "a.example");
  bench.Connect({.host_name = "b.example"});
  EXPECT_FALSE(bench.connected());
  EXPECT_THAT(bench.client().failure, HasSubstr("no name of the certificate covers \"b.example\""));
  EXPECT_EQ(bench.client_stats().fail_verify_san.value(), 1u);
}

TEST(HandshakeTest, ClientsCheckTheServersChain) {
  const x509::Authority other("Other");
  config::UpstreamTls client = Client();
  client.common.validation.trusted_ca_pem = other.pem();
  TlsBench bench(Server(), client);
  bench.Connect();
  EXPECT_FALSE(bench.connected());
  EXPECT_THAT(
      bench.client().failure,
      HasSubstr("CERTIFICATE_VERIFY_FAILED:verify cert failed: unable to get local issuer"));
  EXPECT_EQ(bench.client_stats().fail_verify_error.value(), 1u);
  EXPECT_EQ(bench.client_stats().connection_error.value(), 0u);
  EXPECT_THAT(bench.server().failure, HasSubstr("UNKNOWN_CA"));
  client.common.validation.accept_untrusted = true;
  bench.SetClient(client);
  bench.Connect();
  EXPECT_TRUE(bench.connected());
}

struct ClientCertificateCase {
  std::string name;
  bool require, validate, send;
  bool trusted = true;
  std::string san = "";
  bool connected = true, validated = false;
};

TEST(HandshakeTest, ClientCertificatesTable) {
  const x509::Authority other("Other");
  const std::vector<ClientCertificateCase> cases = {
      {"none wanted, none sent", false, false, false},
      {"none wanted, one there", false, false, true},
      {"checked where sent", false, true, true, true, "", true, true},
      {"checked where sent, none sent", false, true, false},
      {"checked where sent, of another authority", false, true, true, false, "", false},
      {"required and sent", true, true, true, true, "", true, true},
      {"required and missing", true, true, false, true, "", false},
      {"required, of another authority", true, true, true, false, "", false},
      {"required without a check", true, false, true, false, "", true, false},
      {"of the right name", true, true, true, true, "spiffe://d/client", true, true},
      {"of another name", true, true, true, true, "spiffe://d/other", false},
  };
  for (const ClientCertificateCase& c : cases) {
    for (const TlsVersion version : {TlsVersion::kTls12, TlsVersion::kTls13}) {
      SCOPED_TRACE(c.name);
      config::DownstreamTls server = Server();
      server.require_client_certificate = c.require;
      if (c.validate) server.common.validation.trusted_ca_pem = Root().pem();
      if (!c.san.empty()) {
        server.common.validation.san_matchers.push_back(
            {.type = config::SanMatcher::Type::kUri,
             .matcher = {match::StringMatcher::Kind::kExact, c.san, false}});
      }
      config::UpstreamTls client = Client();
      client.common.parameters.maximum = version;
      if (c.send) {
        client.common.certificates.push_back(
            CertificateOf((c.trusted ? Root() : other)
                              .Issue({.common_name = "client", .uris = {"spiffe://d/client"}})));
      }
      TlsBench bench(server, client);
      bench.Connect();
      bench.client().ReadAll();
      ASSERT_EQ(bench.connected(), c.connected) << bench.server().failure;
      if (!c.connected) {
        const net::TransportStats& stats = bench.server_stats();
        EXPECT_EQ(stats.fail_verify_no_cert.value() + stats.fail_verify_error.value() +
                      stats.fail_verify_san.value(),
                  1u);
        EXPECT_EQ(stats.connection_error.value(), 0u);
        continue;
      }
      const net::TlsFacts& facts = bench.server_facts();
      EXPECT_EQ(facts.peer_validated, c.validated);
      const bool asked = c.require || c.validate;
      ASSERT_EQ(facts.peer != nullptr, c.send && asked);
      if (facts.peer != nullptr) {
        EXPECT_EQ(facts.peer->subject, "CN=client,O=Weir");
        EXPECT_THAT(facts.peer->uri_names, testing::ElementsAre("spiffe://d/client"));
      }
    }
  }
}

TEST(HandshakeTest, SessionsAreResumed) {
  for (const TlsVersion version : {TlsVersion::kTls12, TlsVersion::kTls13}) {
    config::DownstreamTls server = Server();
    server.require_client_certificate = true;
    server.common.validation.trusted_ca_pem = Root().pem();
    config::UpstreamTls client = Client();
    client.common.parameters.maximum = version;
    client.common.certificates.push_back(CertificateOf(Root().Issue({.common_name = "client"})));
    TlsBench bench(server, client);
    for (int i = 0; i < 3; ++i) {
      bench.Connect();
      // TLS 1.3 tickets come behind the handshake, and are seen by who reads.
      ExpectBytesPass(bench);
      ASSERT_TRUE(bench.connected());
      EXPECT_EQ(bench.client_facts().resumed, i > 0);
      EXPECT_EQ(bench.server_facts().resumed, i > 0);
      ASSERT_NE(bench.server_facts().peer, nullptr);
      EXPECT_EQ(bench.server_facts().peer->subject, "CN=client,O=Weir");
      EXPECT_TRUE(bench.server_facts().peer_validated);
    }
    EXPECT_EQ(bench.server_stats().session_reused.value(), 2u);
  }
}

// Whether a second connection resumes the session of the first after `change` of the server.
bool Resumes(config::DownstreamTls server, config::UpstreamTls client,
             const std::function<void(config::DownstreamTls&)>& change) {
  TlsBench bench(server, client);
  bench.Connect();
  ExpectBytesPass(bench);
  change(server);
  bench.SetServer(server);
  bench.Connect();
  EXPECT_TRUE(bench.connected());
  return bench.client_facts().resumed;
}

config::SessionTicketKeys TicketKeys(std::initializer_list<char> fills) {
  config::SessionTicketKeys keys;
  for (char fill : fills) keys.keys.emplace_back(std::string(80, fill));
  return keys;
}

TEST(HandshakeTest, TicketsOutliveTheirContextWithKeysOfTheConfiguration) {
  config::DownstreamTls server = Server();
  const x509::CertificateRequest same{.dns = {"a.example"}};
  server.ticket_keys = TicketKeys({'a'});
  const auto renew = [&](config::DownstreamTls& tls) {
    tls.common.certificates[0] = CertificateOf(Root().Issue(same));
  };
  EXPECT_TRUE(Resumes(server, Client(), renew));
  EXPECT_TRUE(
      Resumes(server, Client(), [](auto& tls) { tls.ticket_keys = TicketKeys({'b', 'a'}); }));
  EXPECT_FALSE(Resumes(server, Client(), [](auto& tls) { tls.ticket_keys = TicketKeys({'b'}); }));
  // Keys of the library's own end with their context.
  EXPECT_FALSE(Resumes(Server(), Client(), [](auto&) {}));
}

TEST(HandshakeTest, NoSessionCarriesAClientPastAnotherCheck) {
  config::DownstreamTls server = Server();
  server.ticket_keys = TicketKeys({'a'});
  config::UpstreamTls client = Client();
  client.common.certificates.push_back(
      CertificateOf(Root().Issue({.common_name = "client", .uris = {"spiffe://d/client"}})));
  EXPECT_FALSE(Resumes(server, client, [](config::DownstreamTls& tls) {
    tls.require_client_certificate = true;
    tls.common.validation.trusted_ca_pem = Root().pem();
  }));
  server.require_client_certificate = true;
  server.common.validation.trusted_ca_pem = Root().pem();
  EXPECT_TRUE(Resumes(server, client, [](auto&) {}));
  EXPECT_FALSE(Resumes(server, client, [](config::DownstreamTls& tls) {
    tls.common.validation.san_matchers.push_back(
        {.type = config::SanMatcher::Type::kUri,
         .matcher = {match::StringMatcher::Kind::kPrefix, "spiffe://d/", false}});
  }));
  EXPECT_FALSE(Resumes(server, client, [](config::DownstreamTls& tls) {
    tls.common.validation.trusted_ca_pem += Root().Issue({}).chain_pem;
  }));
}

TEST(HandshakeTest, ResumptionCanBeSwitchedOff) {
  const auto resumes = [](bool stateless, bool stateful, TlsVersion version, uint32_t keys) {
    config::DownstreamTls server = Server();
    server.stateless_resumption = stateless;
    server.stateful_resumption = stateful;
    config::UpstreamTls client = Client();
    client.common.parameters.maximum = version;
    client.max_session_keys = keys;
    TlsBench bench(server, client);
    bench.Connect();
    ExpectBytesPass(bench);
    bench.Connect();
    return bench.client_facts().resumed;
  };
  EXPECT_TRUE(resumes(true, true, TlsVersion::kTls13, 1));
  EXPECT_FALSE(resumes(false, false, TlsVersion::kTls13, 1));
  EXPECT_FALSE(resumes(false, false, TlsVersion::kTls12, 1));
  EXPECT_TRUE(resumes(false, true, TlsVersion::kTls12, 1));
  EXPECT_TRUE(resumes(true, false, TlsVersion::kTls12, 1));
  EXPECT_FALSE(resumes(true, true, TlsVersion::kTls13, 0));
}

TEST(HandshakeTest, ASessionIsNotResumedForAnotherName) {
  config::DownstreamTls server = Server({.dns = {"a.example", "b.example"}});
  config::UpstreamTls client = Client();
  client.auto_host_sni = true;
  client.max_session_keys = 4;
  TlsBench bench(server, client);
  bench.Connect({.host_name = "a.example"});
  ExpectBytesPass(bench);
  bench.Connect({.host_name = "b.example"});
  EXPECT_FALSE(bench.client_facts().resumed);
  bench.Connect({.host_name = "a.example"});
  EXPECT_TRUE(bench.client_facts().resumed);
}

}  // namespace
}  // namespace weir::tls
