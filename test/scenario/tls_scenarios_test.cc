// TLS through the whole proxy: towards clients and towards endpoints, chosen by name and protocol,
// with client certificates; secrets of the bootstrap, and secrets that are streamed and replaced.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/bootstraps.h"
#include "test/scenario/control_plane.h"
#include "test/scenario/tls_parts.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using x509::Identity;

TEST(TlsScenario, AClientSpeaksTlsAndTheUpstreamHearsOfIt) {
  const Identity identity = Root().Issue({.common_name = "edge", .dns = {"a.example"}});
  World world(EdgeBootstrap({.chain_options = ServerSocket(identity),
                             .log_format =
                                 "%RESPONSE_CODE% %DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_TLS_CIPHER% "
                                 "%DOWNSTREAM_LOCAL_SUBJECT% %REQUESTED_SERVER_NAME% "
                                 "%DOWNSTREAM_PEER_SUBJECT%"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  TlsClient client(world, {});
  Peer& peer = client.Connect();
  world.Say(peer, kGet);
  EXPECT_THAT(peer.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(client.server_subject(), "CN=edge,O=Weir");
  world.Run();
  EXPECT_THAT(world.log().lines(),
              ElementsAre("200 TLSv1.3 TLS_AES_128_GCM_SHA256 CN=edge,O=Weir a.example -"));
  EXPECT_EQ(world.Stat("listener.10.0.0.100_80.ssl.handshake"), 1);
  EXPECT_EQ(world.Stat("listener.10.0.0.100_80.ssl.versions.TLSv1.3"), 1);
}

TEST(TlsScenario, TheSchemeForwardedIsHttps) {
  World world(EdgeBootstrap({.chain_options = ServerSocket(Root().Issue({.dns = {"a.example"}}))}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  TlsClient client(world, {});
  world.Say(client.Connect(), kGet);
  ASSERT_EQ(up.connection_count(), 1u);
  EXPECT_THAT(up.last().received(), HasSubstr("x-forwarded-proto: https\r\n"));
}

TEST(TlsScenario, TheCodecIsTheOneAgreedOnByAlpn) {
  World world(
      EdgeBootstrap({.chain_options = ServerSocket(Root().Issue({.dns = {"a.example"}}),
                                                   ", alpn_protocols: [\"h2,http/1.1\"]")}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  TlsClient h1(world, {.alpn = {"http/1.1"}});
  Peer& first = h1.Connect();
  world.Say(first, kGet);
  EXPECT_THAT(first.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  TlsClient h2(world, {.alpn = {"http/1.1", "h2"}});
  Peer& second = h2.Connect();
  EXPECT_EQ(h2.facts().alpn, "h2");
  world.Say(second, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9));
  ASSERT_GE(second.received().size(), 9u);
  EXPECT_EQ(second.received()[3], 4) << "no SETTINGS";
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_http2_total"), 1);
}

TEST(TlsScenario, CleartextOnATlsPortGetsNothing) {
  World world(EdgeBootstrap({.chain_options = ServerSocket(Root().Issue({.dns = {"a.example"}}))}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  world.Run(std::chrono::seconds(1));
  EXPECT_TRUE(client.ended() || client.failed());
  EXPECT_EQ(client.received(), "");
  EXPECT_EQ(up.connection_count(), 0u);
  EXPECT_EQ(world.Stat("listener.10.0.0.100_80.ssl.connection_error"), 1);
}

TEST(TlsScenario, AHandshakeThatTakesTooLongIsEnded) {
  World world(EdgeBootstrap({.chain_options = ServerSocket(Root().Issue({.dns = {"a.example"}})) +
                                              "transport_socket_connect_timeout: 3s\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, std::string("\x16\x03\x01\x02", 4));
  world.Run(std::chrono::milliseconds(2900));
  EXPECT_FALSE(client.ended());
  world.Run(std::chrono::milliseconds(200));
  EXPECT_TRUE(client.ended() || client.failed());
  EXPECT_EQ(world.Stat("listener.10.0.0.100_80.downstream_cx_transport_socket_connect_timeout"), 1);
}

TEST(TlsScenario, ClientsNeedACertificateOfTheRightName) {
  const Identity friendly = Root().Issue({.common_name = "friend", .uris = {"spiffe://d/friend"}});
  const Identity stranger = Root().Issue({.common_name = "stranger", .uris = {"spiffe://d/x"}});
  World world(EdgeBootstrap(
      {.chain_options = ServerSocket(
           Root().Issue({.dns = {"a.example"}}),
           ", " + Trust(", match_typed_subject_alt_names: [{ san_type: URI, matcher: { exact: "
                        "\"spiffe://d/friend\" } }]"),
           ", require_client_certificate: true"),
       .log_format = "%DOWNSTREAM_PEER_SUBJECT% %DOWNSTREAM_PEER_URI_SAN% "
                     "%DOWNSTREAM_PEER_CERT_V_END(%Y)% %DOWNSTREAM_TLS_VERSION%"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  for (const Identity* identity : {&friendly, &stranger, static_cast<const Identity*>(nullptr)}) {
    TlsClient client(world, {.identity = identity, .maximum = config::TlsVersion::kTls12});
    Peer& peer = client.Connect();
    world.Say(peer, kGet);
    EXPECT_EQ(peer.received().starts_with("HTTP/1.1 200"), identity == &friendly);
  }
  world.Run();
  EXPECT_THAT(world.log().lines(), ElementsAre("CN=friend,O=Weir spiffe://d/friend 2040 TLSv1.2"));
  EXPECT_EQ(world.Stat("listener.10.0.0.100_80.ssl.fail_verify_san"), 1);
  EXPECT_EQ(world.Stat("listener.10.0.0.100_80.ssl.fail_verify_no_cert"), 1);
}

TEST(TlsScenario, UpstreamsAreSpokenToInTls) {
  const Identity identity = Root().Issue({.dns = {"web.internal"}});
  const Identity own = Root().Issue({.common_name = "proxy"});
  World world(
      EdgeBootstrap({.cluster_options = Socket(
                         "Upstream", Trust() + ", tls_certificates: [" + CertificateYaml(own) + "]",
                         ", sni: web.internal, auto_sni_san_validation: true")}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  TlsUpstream tls(world, up, identity, {"http/1.1"});
  Peer& client = world.Connect();
  for (int i = 0; i < 3; ++i) world.Say(client, kGet);
  EXPECT_EQ(up.answered(), 3u);
  ASSERT_EQ(tls.streams.size(), 1u);
  EXPECT_EQ(tls.streams[0]->transport().server_name, "web.internal");
  EXPECT_EQ(tls.streams[0]->transport().alpn, "http/1.1");
  EXPECT_EQ(tls.streams[0]->transport().tls->peer->subject, "CN=proxy,O=Weir");
  EXPECT_EQ(world.Stat("cluster.web.ssl.handshake"), 1);
}

TEST(TlsScenario, AnUpstreamOfAnotherNameGetsNoRequest) {
  World world(EdgeBootstrap(
      {.cluster_options =
           Socket("Upstream", Trust(), ", sni: web.internal, auto_sni_san_validation: true")}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  TlsUpstream tls(world, up, Root().Issue({.dns = {"other.internal"}}));
  Peer& client = world.Connect();
  world.Say(client, kGet);
  world.Run();
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(world.Stat("cluster.web.ssl.fail_verify_san"), 1);
  EXPECT_EQ(world.Stat("cluster.web.upstream_cx_connect_fail"), 1);
}

TEST(TlsScenario, AnUpstreamThatAnswersInCleartextIsNoUpstream) {
  World world(EdgeBootstrap({.cluster_options = Socket("Upstream", Trust())}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  ASSERT_EQ(up.connection_count(), 1u);
  EXPECT_EQ(up.last().received().substr(0, 1), "\x16") << "a ClientHello";
  world.Say(up.last(), kOk);
  world.Run();
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 "));
}

TEST(TlsScenario, ChainsAreChosenByServerName) {
  const Identity main = Root().Issue({.common_name = "main", .dns = {"a.example"}});
  const std::string inspector =
      "listener_filters: [{ name: tls_inspector, typed_config: { \"@type\": "
      "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector } }]\n";
  World world(
      EdgeBootstrap({.listener_options = inspector,
                     .chain_options = "filter_chain_match: { server_names: [\"*.example\"], "
                                      "transport_protocol: tls }\n" +
                                      ServerSocket(main)}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  TlsClient client(world, {});
  Peer& peer = client.Connect();
  world.Say(peer, kGet);
  EXPECT_THAT(peer.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  TlsClient other(world, {.sni = "a.elsewhere"});
  Peer& refused = other.Connect();
  world.Run();
  EXPECT_TRUE(refused.failed() || refused.ended());
  EXPECT_EQ(world.Stat("listener.10.0.0.100_80.no_filter_chain_match"), 1);
}

TEST(TlsScenario, FingerprintsOfClientsAreLoggedWhereTheyAreAskedFor) {
  const std::string inspector =
      "listener_filters: [{ name: tls_inspector, typed_config: { \"@type\": "
      "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector, ";
  for (const bool enabled : {true, false}) {
    const std::string value = enabled ? "true" : "false";
    World world(
        EdgeBootstrap({.listener_options = inspector + "enable_ja3_fingerprinting: " + value +
                                           ", enable_ja4_fingerprinting: " + value + " } }]\n",
                       .chain_options = ServerSocket(Root().Issue({.dns = {"a.example"}})),
                       .log_format = "%TLS_JA3_FINGERPRINT% %TLS_JA4_FINGERPRINT%"}));
    ASSERT_TRUE(world.status().ok()) << world.status();
    world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
    TlsClient client(world, {.alpn = {"http/1.1"}});
    world.Say(client.Connect(), kGet);
    EXPECT_THAT(world.log().lines(),
                ElementsAre(testing::MatchesRegex(
                    enabled ? "[0-9a-f]+ t13d[0-9][0-9][0-9][0-9]h1_[0-9a-f]+_[0-9a-f]+" : "- -")));
  }
}

TEST(TlsScenario, UpstreamsHearOfTheClientsWholeChain) {
  const x509::Authority below("Below", Root());
  const Identity friendly = below.Issue({.common_name = "friend"});
  World world(EdgeBootstrap(
      {.http_options = "forward_client_cert_details: SANITIZE_SET\n"
                       "set_current_client_cert_details: { chain: true }\n",
       .chain_options = ServerSocket(Root().Issue({.dns = {"a.example"}}), ", " + Trust(),
                                     ", require_client_certificate: true"),
       .log_format = "%DOWNSTREAM_PEER_CHAIN_SERIALS% %DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256%"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  TlsClient client(world, {.identity = &friendly});
  world.Say(client.Connect(), kGet);
  ASSERT_EQ(up.connection_count(), 1u);
  const std::string heard = up.last().received();
  world.Say(up.last(), kOk);
  const size_t chain = heard.find(";Chain=\"-----BEGIN%20CERTIFICATE-----");
  ASSERT_NE(chain, std::string::npos) << heard;
  EXPECT_NE(heard.find("-----BEGIN%20CERTIFICATE-----", chain + 40), std::string::npos);
  EXPECT_THAT(world.log().lines(),
              ElementsAre(testing::MatchesRegex("[0-9a-f]+,[0-9a-f]+ [0-9a-f]+,[0-9a-f]+")));
}

TEST(TlsScenario, TheClientsNamesDecideWhatUpstreamsHearOfIt) {
  const Identity friendly = Root().Issue({.common_name = "friend", .uris = {"spiffe://d/friend"}});
  World world(EdgeBootstrap(
      {.http_options =
           "forward_client_cert_details: SANITIZE\n"
           "forward_client_cert_matcher: { matcher_tree: { input: { name: uri, typed_config: { "
           "\"@type\": type.googleapis.com/envoy.extensions.matching.common_inputs.ssl.v3."
           "UriSanInput } }, prefix_match_map: { map: { \"spiffe://d/\": { action: { name: f, "
           "typed_config: { \"@type\": type.googleapis.com/envoy.extensions.filters.network."
           "http_connection_manager.v3.HttpConnectionManager.ForwardClientCertConfig, "
           "forward_client_cert_details: SANITIZE_SET, set_current_client_cert_details: { uri: "
           "true } } } } } } } }\n",
       .chain_options = ServerSocket(Root().Issue({.dns = {"a.example"}}), ", " + Trust())}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  TlsClient client(world, {.identity = &friendly});
  world.Say(client.Connect(), kGet);
  ASSERT_EQ(up.connection_count(), 1u);
  EXPECT_THAT(up.last().TakeReceived(), HasSubstr(";URI=spiffe://d/friend\r\n"));
  world.Say(up.last(), kOk);
  TlsClient stranger(world, {});
  world.Say(stranger.Connect(), kGet);
  EXPECT_THAT(up.last().received(), testing::Not(HasSubstr("x-forwarded-client-cert")));
}

TEST(TlsScenario, ClientsOfEachTrustDomainAreVerifiedByItsOwnAnchors) {
  const x509::Authority other("Other");
  const Identity server = Root().Issue({.dns = {"a.example"}});
  const Identity friendly = Root().Issue(
      {.uris = {"spiffe://one.example/a"}, .other_name_oid = "1.2.3", .other_name = "host/a"});
  const Identity pretender = Root().Issue({.uris = {"spiffe://two.example/a"}});
  World world(EdgeBootstrap(
      {.chain_options = ServerSocket(
           server,
           StrCat(", validation_context: { custom_validator_config: { name: spiffe, typed_config: "
                  "{ \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
                  "SPIFFECertValidatorConfig, trust_domains: [{ name: one.example, trust_bundle: ",
                  x509::InlineYaml(Root().pem()), " }, { name: two.example, trust_bundle: ",
                  x509::InlineYaml(other.pem()), " }] } } }"),
           ", require_client_certificate: true"),
       .log_format = "%DOWNSTREAM_PEER_URI_SAN% %DOWNSTREAM_PEER_OTHERNAME_SAN% "
                     "%DOWNSTREAM_LOCAL_OTHERNAME_SAN%"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  for (const Identity* identity : {&friendly, &pretender}) {
    TlsClient client(world, {.identity = identity});
    Peer& peer = client.Connect();
    world.Say(peer, kGet);
    world.Run();
    EXPECT_EQ(peer.received().starts_with("HTTP/1.1 200"), identity == &friendly);
  }
  EXPECT_THAT(world.log().lines(), ElementsAre("spiffe://one.example/a host/a -"));
  EXPECT_EQ(world.Stat("listener.10.0.0.100_80.ssl.fail_verify_error"), 1);
}

TEST(TlsScenario, SecretsOfConnectionsAreWrittenWhereAKeyLogIsAskedFor) {
  const Identity server = Root().Issue({.dns = {"a.example"}});
  for (const bool covered : {true, false}) {
    World world(EdgeBootstrap(
        {.chain_options = ServerSocket(
             server, StrCat(", key_log: { path: /keys, local_address_range: [{ address_prefix: ",
                            covered ? "10.0.0.100" : "10.0.0.101", ", prefix_len: 32 }] }")),
         .log_format = "done"}));
    ASSERT_TRUE(world.status().ok()) << world.status();
    world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
    TlsClient client(world, {});
    world.Say(client.Connect(), kGet);
    world.Run();
    EXPECT_THAT(world.log().lines(), testing::Contains("done"));
    const auto secret = testing::Contains(StartsWith("SERVER_TRAFFIC_SECRET_0 "));
    if (covered) {
      EXPECT_THAT(world.log().lines(), secret);
    } else {
      EXPECT_THAT(world.log().lines(), testing::Not(secret));
    }
  }
}

TEST(TlsScenario, StaticSecretsAreNamed) {
  const Identity identity = Root().Issue({.common_name = "static", .dns = {"a.example"}});
  const std::string socket =
      Socket("Downstream", "tls_certificate_sds_secret_configs: [{ name: edge }]");
  World world(EdgeBootstrap(
      {.chain_options = socket,
       .more_resources = StrCat(
           "  secrets:\n  - { name: edge, tls_certificate: ", CertificateYaml(identity), " }\n")}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  TlsClient client(world, {});
  world.Say(client.Connect(), kGet);
  EXPECT_EQ(client.server_subject(), "CN=static,O=Weir");

  const World without(EdgeBootstrap({.chain_options = socket}));
  EXPECT_THAT(without.status().ToString(), HasSubstr("there is no static secret \"edge\""));
}

TEST(TlsScenario, WhenCertificatesEndIsShownAsGauges) {
  constexpr int64_t kStart = 1704067200, kDay = 86400;
  const Identity inline_one =
      Root().Issue({.dns = {"a.example"}, .not_after = kStart + 20 * kDay + 3600});
  const Identity named = Root().Issue({.not_after = kStart + 30 * kDay + 7200});
  World world(EdgeBootstrap(
      {.cluster_options =
           Socket("Upstream", Trust() + ", tls_certificate_sds_secret_configs: [{ name: own }]"),
       .chain_options = ServerSocket(inline_one),
       .more_resources = StrCat(
           "  secrets:\n  - { name: own, tls_certificate: ", CertificateYaml(named), " }\n")}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  const std::string fingerprint =
      x509::ParseCertificates(inline_one.chain_pem)->front().Sha256Fingerprint().substr(0, 8);
  EXPECT_EQ(world.Stat(StrCat("listener.10.0.0.100_80.ssl.certificate.unnamed_cert_", fingerprint,
                              ".expiration_unix_time_seconds")),
            kStart + 20 * kDay + 3600);
  EXPECT_EQ(world.Stat("cluster.web.ssl.certificate.own.expiration_unix_time_seconds"),
            kStart + 30 * kDay + 7200);
  EXPECT_EQ(world.Stat("server.days_until_first_cert_expiring"), 20);
  EXPECT_EQ(world.Stat("server.certificates_expiring_soon"), 1);
  world.Run(std::chrono::hours(3));
  EXPECT_EQ(world.Stat("server.days_until_first_cert_expiring"), 19);
  EXPECT_EQ(world.Stat("server.certificates_expiring_soon"), 2);
}

TEST(TlsScenario, WhenStaplesEndIsShownAsAGauge) {
  constexpr int64_t kStart = 1704067200;
  const Identity identity = Root().Issue({.dns = {"a.example"}});
  const std::string staple = Root().Ocsp(identity, {.next_update = kStart + 7200});
  World world(
      EdgeBootstrap({.chain_options = Socket(
                         "Downstream", StrCat("tls_certificates: [{ certificate_chain: ",
                                              x509::InlineYaml(identity.chain_pem),
                                              ", private_key: ", x509::InlineYaml(identity.key_pem),
                                              ", ocsp_staple: { filename: /staple } }]"))}),
      {.files = {{"/staple", staple}}});
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.Run(std::chrono::hours(1));
  EXPECT_NEAR(static_cast<double>(world.Stat("server.seconds_until_first_ocsp_response_expiring")),
              3600, 10);
}

// --- Streamed secrets

TEST(SecretScenario, AListenerWaitsForItsSecretAndThenServes) {
  World world(
      EdgeBootstrap({.chain_options = Socket("Downstream", kBySds), .more_resources = kAds}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  ControlPlane control(world);
  EXPECT_THAT(control.Asked(kSecrets), ElementsAre("edge"));
  EXPECT_EQ(world.Stat("listener_manager.total_listeners_warming"), 1);
  control.Send(kSecrets, "1", SecretYaml("edge", Named("one")));
  EXPECT_EQ(control.AnswerTo("1"), "");
  EXPECT_EQ(world.Stat("listener_manager.total_listeners_active"), 1);
  TlsClient client(world, {});
  Peer& peer = client.Connect();
  world.Say(peer, kGet);
  EXPECT_THAT(peer.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(SecretScenario, ASecretThatNeverComesLeavesTheListenerUnavailableAndNeverInCleartext) {
  World world(
      EdgeBootstrap({.chain_options = Socket("Downstream", kBySds), .more_resources = kAds}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  world.Run(std::chrono::seconds(6));
  EXPECT_EQ(world.Stat("listener_manager.total_listeners_active"), 1);
  Peer& client = world.Connect();
  world.Say(client, kGet);
  world.Run();
  EXPECT_TRUE(client.ended() || client.failed());
  EXPECT_EQ(client.received(), "");
  EXPECT_EQ(up.connection_count(), 0u);
  // It may still come.
  ControlPlane control(world);
  control.Send(kSecrets, "1", SecretYaml("edge", Named("late")));
  TlsClient late(world, {});
  world.Say(late.Connect(), kGet);
  EXPECT_EQ(late.server_subject(), "CN=late,O=Weir");
}

TEST(SecretScenario, ManyReplacementsUnderLoadCloseNothing) {
  World world(
      EdgeBootstrap({.chain_options = Socket("Downstream", kBySds), .more_resources = kAds}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  ControlPlane control(world);
  control.Send(kSecrets, "0", SecretYaml("edge", Named("version 0")));
  TlsClient client(world, {});
  std::vector<Peer*> peers;
  for (int i = 1; i <= 100; ++i) {
    if (i % 10 == 1) {
      peers.push_back(&client.Connect());
      EXPECT_EQ(client.server_subject(), StrCat("CN=version ", i - 1, ",O=Weir"));
    }
    for (Peer* peer : peers) peer->Send(kGet);
    control.Send(kSecrets, StrCat(i), SecretYaml("edge", Named(StrCat("version ", i))));
    EXPECT_EQ(control.AnswerTo(StrCat(i)), "");
    for (Peer* peer : peers) {
      EXPECT_THAT(peer->TakeReceived(), StartsWith("HTTP/1.1 200 OK\r\n"));
      EXPECT_FALSE(peer->ended() || peer->failed());
    }
  }
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_2xx"), static_cast<int64_t>(up.answered()));
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_total"), 10);
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_active"), 10);
}

TEST(SecretScenario, ABadSecretIsRefusedByNameAndTheLastGoodOneStays) {
  World world(
      EdgeBootstrap({.chain_options = Socket("Downstream", kBySds), .more_resources = kAds}));
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  ControlPlane control(world);
  control.Send(kSecrets, "good", SecretYaml("edge", Named("good")));
  Identity mixed = Root().Issue({.dns = {"a.example"}});
  mixed.key_pem = Root().Issue({}).key_pem;
  const std::string key_text = mixed.key_pem.substr(60, 20);
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"tls_certificate: " + CertificateYaml(mixed),
       "private_key: does not belong to the first certificate of the chain"},
      {"tls_certificate: { certificate_chain: { inline_string: x }, private_key: " +
           x509::InlineYaml(mixed.key_pem) + " }",
       "certificate_chain: there is no PEM block"},
      {"tls_certificate: { certificate_chain: " + x509::InlineYaml(mixed.chain_pem) + " }",
       "private_key: a source is missing"},
      {"tls_certificate: { certificate_chain: { filename: /none }, private_key: " +
           x509::InlineYaml(mixed.key_pem) + " }",
       "certificate_chain.filename: no file /none"},
      {"validation_context: { trusted_ca: " + x509::InlineYaml(Root().pem()) + " }",
       "secret \"edge\" is no tls_certificate"},
      {"tls_certificate: " + CertificateYaml(Root().Issue({.not_after = 1'700'000'000})),
       "certificate_chain: the certificate has expired"},
  };
  int version = 0;
  for (const auto& [value, reason] : bad) {
    control.Send(kSecrets, StrCat("bad", ++version), SecretYaml("edge", value));
    const std::string answer = control.AnswerTo(StrCat("bad", version));
    EXPECT_THAT(answer, HasSubstr("edge"));
    EXPECT_THAT(answer, HasSubstr(reason));
    EXPECT_THAT(answer, testing::Not(HasSubstr(key_text)));
    TlsClient client(world, {});
    world.Say(client.Connect(), kGet);
    EXPECT_EQ(client.server_subject(), "CN=good,O=Weir");
  }
}

TEST(SecretScenario, AClusterTakesItsTrustAndCertificateFromSecrets) {
  const x509::Authority next("Next");
  World world(EdgeBootstrap(
      {.cluster_options = Socket(
           "Upstream",
           "tls_certificate_sds_secret_configs: [{ name: own, sds_config: { ads: {} } }], "
           "combined_validation_context: { default_validation_context: { "
           "match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: web.internal } }] "
           "}, validation_context_sds_secret_config: { name: trust, sds_config: { ads: {} } } }"),
       .more_resources = StrCat(
           "  - name: control\n    type: STATIC\n    load_assignment: { cluster_name: control }\n",
           "dynamic_resources:\n  ads_config: { api_type: GRPC, transport_api_version: V3, "
           "grpc_services: [{ envoy_grpc: { cluster_name: control } }] }\n")}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  ControlPlane control(world);
  EXPECT_EQ(world.Stat("cluster_manager.warming_clusters"), 1);
  const auto secrets = [&](const std::string& own, const std::string& trusted) {
    return SecretYaml("own",
                      "tls_certificate: " + CertificateYaml(Root().Issue({.common_name = own}))) +
           SecretYaml("trust",
                      "validation_context: { trusted_ca: " + x509::InlineYaml(trusted) + " }");
  };
  control.Send(kSecrets, "1", secrets("first", Root().pem()));
  EXPECT_EQ(control.AnswerTo("1"), "");
  EXPECT_EQ(world.Stat("cluster_manager.warming_clusters"), 0);
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  TlsUpstream tls(world, up, Root().Issue({.dns = {"web.internal"}}));
  Peer& client = world.Connect();
  world.Say(client, kGet);
  ASSERT_EQ(tls.streams.size(), 1u);
  EXPECT_EQ(tls.streams[0]->transport().tls->peer->subject, "CN=first,O=Weir");

  // The connection that stands is used on; a new one shows the new certificate.
  control.Send(kSecrets, "2", secrets("second", Root().pem()));
  world.Say(client, kGet);
  EXPECT_EQ(tls.streams.size(), 1u);
  world.network().ResetAll(*net::Address::Parse("10.0.0.1:80"));
  world.Run();
  world.Say(client, kGet);
  ASSERT_EQ(tls.streams.size(), 2u);
  EXPECT_EQ(tls.streams[1]->transport().tls->peer->subject, "CN=second,O=Weir");

  // Another authority: new connections are refused.
  control.Send(kSecrets, "3", secrets("third", next.pem()));
  world.network().ResetAll(*net::Address::Parse("10.0.0.1:80"));
  world.Run();
  client.TakeReceived();
  world.Say(client, kGet);
  world.Run();
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(world.Stat("cluster.web.ssl.fail_verify_error"), 1);
}

}  // namespace
}  // namespace weir::scenario
