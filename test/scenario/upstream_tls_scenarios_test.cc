// TLS towards endpoints through the whole proxy: the protocol that its handshake agrees on, what
// logs and answers say of it, and why it failed.

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

TEST(UpstreamTls, LogsAndHeadersSayWhomTheUpstreamIs) {
  const Identity identity =
      Root().Issue({.common_name = "web", .dns = {"web.internal"}, .uris = {"spiffe://d/web"}});
  const Identity own = Root().Issue({.common_name = "proxy", .uris = {"spiffe://d/proxy"}});
  World world(EdgeBootstrap(
      {.cluster_options =
           Socket("Upstream", Trust() + ", tls_certificates: [" + CertificateYaml(own) + "]"),
       .virtual_host_options = "response_headers_to_add: [{ header: { key: x-upstream, value: "
                               "\"%UPSTREAM_PEER_URI_SAN%\" } }]\n",
       .log_format = "%UPSTREAM_TLS_VERSION% %UPSTREAM_TLS_CIPHER% %UPSTREAM_PEER_SUBJECT% "
                     "%UPSTREAM_PEER_ISSUER% %UPSTREAM_PEER_DNS_SAN% %UPSTREAM_LOCAL_URI_SAN% "
                     "%UPSTREAM_TRANSPORT_FAILURE_REASON%"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  TlsUpstream tls(world, up, identity);
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), HasSubstr("x-upstream: spiffe://d/web\r\n"));
  EXPECT_THAT(world.log().lines(),
              ElementsAre("TLSv1.3 TLS_AES_128_GCM_SHA256 CN=web,O=Weir CN=Root,O=Weir "
                          "web.internal spiffe://d/proxy -"));
}

// What the client and the log get to know of a transport that failed.
struct Failure {
  std::string body, log;
};
Failure FailureOf(World& world) {
  Peer& client = world.Connect();
  world.Say(client, kGet);
  world.Run(std::chrono::milliseconds(100));
  const std::string& received = client.received();
  EXPECT_THAT(received, StartsWith("HTTP/1.1 503 "));
  return {received.substr(received.find("\r\n\r\n") + 4),
          world.log().lines().empty() ? "" : world.log().lines().back()};
}

constexpr char kReasonFormat[] =
    "%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %UPSTREAM_TRANSPORT_FAILURE_REASON%";

TEST(UpstreamTls, WhyAnUpstreamWasRefusedIsTold) {
  World world(
      EdgeBootstrap({.cluster_options = Socket("Upstream", Trust()), .log_format = kReasonFormat}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  const x509::Authority stranger("Stranger");
  TlsUpstream tls(world, up, stranger.Issue({.dns = {"web.internal"}}));
  const Failure failure = FailureOf(world);
  EXPECT_THAT(
      failure.body,
      StartsWith("upstream connect error or disconnect/reset before headers. reset reason: "
                 "remote connection failure, transport failure reason: TLS_error:|268435581:"
                 "SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify cert "
                 "failed: "));
  EXPECT_TRUE(failure.body.ends_with(":TLS_error_end")) << failure.body;
  EXPECT_THAT(failure.log, StartsWith("UF upstream_reset_before_response_started{remote_connection_"
                                      "failure|TLS_error:|268435581:SSL_routines:OPENSSL_internal:"
                                      "CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_"));
}

TEST(UpstreamTls, WithoutSomebodyToTrustAnyCertificateIsTaken) {
  World world(EdgeBootstrap({.cluster_options = Socket("Upstream", "")}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  const x509::Authority stranger("Stranger");
  TlsUpstream tls(world, up, stranger.Issue({.dns = {"web.internal"}}));
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 "));
}

TEST(UpstreamTls, AnAlertBehindTheHandshakeIsTold) {
  World world(
      EdgeBootstrap({.cluster_options = Socket("Upstream", Trust()), .log_format = kReasonFormat}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  net::TransportStats stats;
  config::DownstreamTls tls;
  const Identity identity = Root().Issue({.dns = {"web.internal"}});
  tls.common.certificates.push_back(config::TlsCertificate{
      .chain_pem = identity.chain_pem, .key_pem = SecretBytes(std::string(identity.key_pem))});
  tls.common.validation.trusted_ca_pem = Root().pem();
  tls.require_client_certificate = true;
  const auto context = *tls::ServerContext::Create(tls);
  up.SetWrap([&](std::unique_ptr<net::ByteStream> stream) {
    buffer::Buffer nothing(world.blocks());
    return context->Wrap(std::move(stream), nothing, {world.loop(), world.blocks(), stats});
  });
  EXPECT_THAT(FailureOf(world).log, HasSubstr("ALERT_CERTIFICATE_REQUIRED:TLS_error_end"));
}

TEST(UpstreamTls, AListenerLogsHandshakesThatFailed) {
  World world(EdgeBootstrap(
      {.listener_options =
           "access_log: [{ name: log, typed_config: { \"@type\": "
           "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog, "
           "log_format: { text_format_source: { inline_string: \"%DOWNSTREAM_REMOTE_ADDRESS_"
           "WITHOUT_PORT% %DOWNSTREAM_TRANSPORT_FAILURE_REASON%\" } } } }]\n",
       .chain_options = ServerSocket(Root().Issue({.dns = {"a.example"}}), ", " + Trust(),
                                     ", require_client_certificate: true")}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  TlsClient client(world, {.maximum = config::TlsVersion::kTls12});
  client.Connect();
  world.Run(std::chrono::milliseconds(100));
  EXPECT_THAT(world.log().lines(),
              ElementsAre(HasSubstr(" TLS_error:|268435648:SSL_routines:OPENSSL_internal:PEER_DID_"
                                    "NOT_RETURN_A_CERTIFICATE:TLS_error_end")));
}

constexpr char kByHandshake[] =
    "typed_extension_protocol_options: { envoy.extensions.upstreams.http.v3.HttpProtocolOptions: { "
    "\"@type\": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, "
    "auto_config: {} } }\n";

TEST(UpstreamTls, ARetrySpeaksWhatTheNextHandshakeAgreesOn) {
  const Identity identity = Root().Issue({.dns = {"web.internal"}});
  World world(
      EdgeBootstrap({.routes = "- match: { prefix: \"/\" }\n"
                               "  route: { cluster: web, retry_policy: { retry_on: reset } }\n",
                     .cluster_options = kByHandshake + Socket("Upstream", Trust()),
                     .log_format = "%RESPONSE_CODE% %UPSTREAM_PROTOCOL% "
                                   "%UPSTREAM_REQUEST_ATTEMPT_COUNT%"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  TlsUpstream two(world, up, identity, {"h2"});
  Peer& client = world.Connect();
  world.Say(client, kGet);
  ASSERT_EQ(up.connection_count(), 1u);
  EXPECT_THAT(up.last().received(), StartsWith("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  TlsUpstream one(world, up, identity, {"http/1.1"});
  up.AnswerAll(kOk);
  up.last().Close();
  world.Run(std::chrono::milliseconds(100));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(world.log().lines(), ElementsAre("200 HTTP/1.1 2"));
  EXPECT_EQ(world.Stat("cluster.web.upstream_cx_http2_total"), 1);
  EXPECT_EQ(world.Stat("cluster.web.upstream_cx_http1_total"), 1);
}

// An endpoint with a sidecar; the rest of the cluster is spoken to in cleartext.
constexpr char kMutual[] =
    "          metadata: { filter_metadata: { envoy.transport_socket_match: { tlsMode: istio } } "
    "}\n";
std::string MatchesOf(const std::string& socket) {
  return "transport_socket_matches: [{ name: mutual, match: { tlsMode: istio }, " +
         socket.substr(0, socket.size() - 1) + " }]\n";
}

TEST(UpstreamTls, EndpointsChooseTheirTransportByMetadata) {
  for (const bool labelled : {true, false}) {
    World world(EdgeBootstrap({.cluster_options = MatchesOf(Socket("Upstream", Trust())),
                               .more_resources = labelled ? kMutual : ""}));
    ASSERT_TRUE(world.status().ok()) << world.status();
    Upstream& up = world.AddUpstream("10.0.0.1:80");
    world.Say(world.Connect(), kGet);
    ASSERT_EQ(up.connection_count(), 1u);
    EXPECT_THAT(up.last().received(), StartsWith(labelled ? "\x16\x03" : "GET /x HTTP/1.1\r\n"));
    EXPECT_EQ(world.Stat("cluster.web.mutual.total_match_count"), labelled ? 1 : 0);
    EXPECT_EQ(world.Stat("cluster.web.default.total_match_count"), labelled ? 0 : 1);
  }
}

TEST(UpstreamTls, AMatchWhoseSecretIsMissingIsNeverSpokenToInCleartext) {
  World world(
      EdgeBootstrap({.cluster_options = MatchesOf(Socket("Upstream", Trust() + ", " + kBySds)),
                     .more_resources = StrCat(kMutual, kAds)}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  world.Run(std::chrono::seconds(6));
  Peer& client = world.Connect();
  world.Say(client, kGet);
  world.Run(std::chrono::milliseconds(100));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(client.received(), HasSubstr("transport failure reason: TLS_error: "));
  for (size_t i = 0; i < up.connection_count(); ++i) EXPECT_EQ(up.connection(i).received(), "");
  // It may still come, and reaches the next connection.
  ControlPlane control(world);
  control.Send(kSecrets, "1", SecretYaml("edge", Named("late")));
  world.Say(client, kGet);
  EXPECT_THAT(up.last().received(), StartsWith("\x16\x03"));
}

std::string NamesFrom(const std::string& fields) {
  return StrCat(
      "typed_extension_protocol_options: { envoy.extensions.upstreams.http.v3.HttpProtocolOptions: "
      "{ \"@type\": "
      "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, "
      "explicit_http_config: { http_protocol_options: {} }, upstream_http_protocol_options: { ",
      fields, " } } }\n");
}
std::string Get(const std::string& host) {
  return StrCat("GET /x HTTP/1.1\r\nhost: ", host, "\r\n\r\n");
}

TEST(UpstreamTls, TheRequestsHostIsTheServerName) {
  World world(
      EdgeBootstrap({.cluster_options = NamesFrom("auto_sni: true, auto_san_validation: true") +
                                        Socket("Upstream", Trust(), ", sni: configured.example")}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  TlsUpstream tls(world, up, Root().Issue({.dns = {"a.example", "b.example"}}));
  Peer& client = world.Connect();
  for (const char* host : {"a.example:443", "b.example", "a.example", "b.example"}) {
    world.Say(client, Get(host));
    EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 200 "));
  }
  ASSERT_EQ(tls.streams.size(), 2u) << "names do not share connections";
  EXPECT_EQ(tls.streams[0]->transport().server_name, "a.example");
  EXPECT_EQ(tls.streams[1]->transport().server_name, "b.example");
  // A name that the certificate does not cover.
  world.Say(client, Get("c.example"));
  world.Run(std::chrono::milliseconds(100));
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(world.Stat("cluster.web.ssl.fail_verify_san"), 1);
}

TEST(UpstreamTls, AnAddressIsNoServerNameAndIsVerifiedAllTheSame) {
  World world(
      EdgeBootstrap({.cluster_options = NamesFrom("auto_sni: true, auto_san_validation: true") +
                                        Socket("Upstream", Trust())}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  TlsUpstream tls(world, up, Root().Issue({.dns = {"a.example"}}));
  Peer& client = world.Connect();
  world.Say(client, Get("10.1.2.3"));
  world.Run(std::chrono::milliseconds(100));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(world.Stat("cluster.web.ssl.fail_verify_san"), 1);
}

// One session is kept; it must not carry a name over to a connection for another.
TEST(UpstreamTls, ASessionIsResumedForItsNameAlone) {
  World world(EdgeBootstrap(
      {.cluster_options = NamesFrom("auto_san_validation: true") +
                          Socket("Upstream", Trust(), ", sni: a.example, max_session_keys: 4")}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  TlsUpstream tls(world, up, Root().Issue({.dns = {"a.example"}}));
  Peer& client = world.Connect();
  const auto ask = [&](const char* host) {
    world.Say(client, Get(host));
    world.Run(std::chrono::milliseconds(100));
    up.last().Close();
    world.Run();
    return client.TakeReceived().substr(0, 12);
  };
  EXPECT_EQ(ask("a.example"), "HTTP/1.1 200");
  EXPECT_EQ(ask("a.example"), "HTTP/1.1 200");
  EXPECT_EQ(world.Stat("cluster.web.ssl.session_reused"), 1);
  EXPECT_EQ(ask("b.example"), "HTTP/1.1 503");
  EXPECT_EQ(world.Stat("cluster.web.ssl.session_reused"), 1);
}

}  // namespace
}  // namespace weir::scenario
