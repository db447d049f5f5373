// Requests through the whole proxy: what the client sends, what the upstream sees, what comes back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kGet[] = "GET /x HTTP/1.1\r\nhost: a.example\r\n\r\n";
constexpr char kOk[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

std::string BodyOf(const std::string& message) {
  const size_t end = message.find("\r\n\r\n");
  return end == std::string::npos ? "" : message.substr(end + 4);
}

TEST(RequestScenario, ARequestReachesTheUpstreamAndItsAnswerTheClient) {
  World world(EdgeBootstrap());
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  ASSERT_EQ(up.connection_count(), 1u);
  EXPECT_THAT(up.last().received(), StartsWith("GET /x HTTP/1.1\r\nhost: a.example\r\n"));
  EXPECT_THAT(up.last().received(), HasSubstr("x-request-id: "));
  world.Say(up.last(), kOk);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("server: envoy\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("x-envoy-upstream-service-time: "));
  EXPECT_EQ(BodyOf(client.received()), "ok");
  world.Run();
  EXPECT_THAT(world.log().lines(), ElementsAre("200 - via_upstream 2"));
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_2xx"), 1);
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_200"), 1);
}

TEST(RequestScenario, KeepAliveUsesOneConnectionOnEachSide) {
  World world(EdgeBootstrap());
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  Peer& client = world.Connect();
  for (int i = 0; i < 5; ++i) {
    world.Say(client, kGet);
    EXPECT_EQ(BodyOf(client.TakeReceived()), "ok");
  }
  EXPECT_EQ(up.connection_count(), 1u);
  EXPECT_EQ(up.answered(), 5u);
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_total"), 1);
}

TEST(RequestScenario, PipelinedRequestsAreAnsweredInOrder) {
  World world(EdgeBootstrap(
      {.routes = "- match: { path: /1 }\n"
                 "  direct_response: { status: 200, body: { inline_string: one } }\n"
                 "- match: { path: /2 }\n"
                 "  direct_response: { status: 200, body: { inline_string: two } }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client,
            "GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n"
            "GET /1 HTTP/1.1\r\nhost: a\r\n\r\n");
  const std::string all = client.received();
  const size_t first = all.find("one"), second = all.find("two"), third = all.rfind("one");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST(RequestScenario, APipelinedRequestFollowsAnAnswerAboveTheBufferLimit) {
  World world(EdgeBootstrap({.listener_options = "per_connection_buffer_limit_bytes: 16384\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, std::string(kGet) + kGet);
  world.Say(up.last(),
            "HTTP/1.1 200 OK\r\ncontent-length: 40000\r\n\r\n" + std::string(40000, 'x'));
  EXPECT_GT(client.TakeReceived().size(), 40000u);
  world.Say(up.last(), kOk);
  EXPECT_EQ(BodyOf(client.received()), "ok");
}

TEST(RequestScenario, ABodyAndTrailersPassBothWays) {
  World world(EdgeBootstrap({.http_options = "http_protocol_options: { enable_trailers: true }"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, "POST /p HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhel");
  EXPECT_THAT(up.last().received(), HasSubstr("content-length: 5\r\n"));
  world.Say(client, "lo");
  EXPECT_EQ(BodyOf(up.last().received()), "hello");
  world.Say(up.last(),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  EXPECT_THAT(client.received(), HasSubstr("transfer-encoding: chunked\r\n"));
  EXPECT_THAT(BodyOf(client.received()), HasSubstr("abc"));
}

TEST(RequestScenario, AnEmptyChunkedBodyStaysChunked) {
  World world(EdgeBootstrap());
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_THAT(up.last().received(), HasSubstr("transfer-encoding: chunked\r\n"));
  EXPECT_EQ(BodyOf(up.last().received()), "0\r\n\r\n");
}

TEST(RequestScenario, AMalformedRequestGets400AndAClose) {
  World world(EdgeBootstrap());
  Peer& client = world.Connect();
  world.Say(client, "GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n");
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_protocol_error"), 1);
}

TEST(RequestScenario, NoRouteIs404WithItsFlag) {
  World world(EdgeBootstrap({.routes = "- match: { path: /only }\n  route: { cluster: web }\n"}));
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 404 Not Found\r\n"));
  world.Run();
  EXPECT_THAT(world.log().lines(), ElementsAre("404 NR route_not_found 0"));
}

TEST(RequestScenario, ARefusedConnectionIs503WithItsFlag) {
  World world(EdgeBootstrap());
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("remote connection failure"));
  world.Run();
  ASSERT_EQ(world.log().lines().size(), 1u);
  EXPECT_THAT(world.log().lines()[0], StartsWith("503 UF "));
}

constexpr char kRetryRoute[] =
    "- match: { prefix: / }\n"
    "  route:\n"
    "    cluster: web\n"
    "    retry_policy: { retry_on: \"connect-failure,refused-stream,reset,5xx\", num_retries: 2 "
    "}\n";

TEST(RequestScenario, AResetBeforeTheAnswerIsTriedAgainWithTheBody) {
  World world(EdgeBootstrap({.routes = kRetryRoute}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody");
  up.last().Reset();
  world.Run(std::chrono::seconds(1));
  ASSERT_EQ(up.connection_count(), 2u);
  EXPECT_EQ(BodyOf(up.last().received()), "body");
  world.Say(up.last(), kOk);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_retry"), 1);
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_retry_success"), 1);
}

TEST(RequestScenario, AFailedConnectLosesNothingOfABodyTooLargeToKeep) {
  World world(EdgeBootstrap({.routes = kRetryRoute}));
  const net::Address address = *net::Address::Parse("10.0.0.1:80");
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  world.network().Drop(address);
  Peer& client = world.Connect();
  world.Say(client, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2000000\r\n\r\n");
  client.Send(std::string(2000000, 'x'));
  world.Run(std::chrono::milliseconds(500));
  world.network().Restore(address);
  world.Run(std::chrono::seconds(3));
  ASSERT_EQ(up.connection_count(), 1u);
  EXPECT_EQ(BodyOf(up.last().received()).size(), 2000000u);
}

TEST(RequestScenario, RetriesEndWithTheLastAnswerAndTheFlag) {
  World world(EdgeBootstrap({.routes = kRetryRoute}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  world.Run(std::chrono::seconds(2));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 500 "));
  EXPECT_EQ(up.answered(), 3u);
  ASSERT_EQ(world.log().lines().size(), 1u);
  EXPECT_THAT(world.log().lines()[0], StartsWith("500 URX "));
}

TEST(RequestScenario, TheRouteTimeoutAnswers504) {
  World world(EdgeBootstrap(
      {.routes = "- match: { prefix: / }\n  route: { cluster: web, timeout: 2s }\n"}));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  world.Run(std::chrono::milliseconds(1900));
  EXPECT_EQ(client.received(), "");
  world.Run(std::chrono::milliseconds(200));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 504 Gateway Timeout\r\n"));
  EXPECT_TRUE(up.last().ended() || up.last().failed());
  world.Run();
  ASSERT_EQ(world.log().lines().size(), 1u);
  EXPECT_THAT(world.log().lines()[0], StartsWith("504 UT "));
}

TEST(RequestScenario, AnUpstreamThatBreaksOffCutsTheAnswerShort) {
  World world(EdgeBootstrap());
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  world.Say(up.last(), "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
  up.last().Reset();
  world.Run();
  EXPECT_EQ(BodyOf(client.received()), "half");
  EXPECT_TRUE(client.ended() || client.failed());
  ASSERT_EQ(world.log().lines().size(), 1u);
  EXPECT_THAT(world.log().lines()[0], StartsWith("200 UC "));
}

// To HTTP/1.0 the end of the connection is the end of such an answer.
TEST(RequestScenario, AnAnswerToHttp10ThatBreaksOffIsReset) {
  World world(EdgeBootstrap({.http_options = "http_protocol_options: { accept_http_10: true }\n"}));
  Upstream& web = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, "GET / HTTP/1.0\r\nhost: a\r\n\r\n");
  world.Say(web.last(), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n");
  web.last().Reset();
  world.Run(std::chrono::seconds(2));
  EXPECT_THAT(client.received(), HasSubstr("half"));
  EXPECT_TRUE(client.failed());
  EXPECT_FALSE(client.ended());
}

TEST(RequestScenario, AClientThatLeavesTakesItsRequestAlong) {
  World world(EdgeBootstrap());
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  client.Reset();
  world.Run();
  EXPECT_TRUE(up.last().ended() || up.last().failed());
  ASSERT_EQ(world.log().lines().size(), 1u);
  EXPECT_THAT(world.log().lines()[0], StartsWith("0 DC "));
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_active"), 0);
}

TEST(RequestScenario, ASlowReaderStopsTheUpstream) {
  World world(EdgeBootstrap({.cluster_options = "per_connection_buffer_limit_bytes: 65536"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  client.SetReading(false);
  const size_t size = 8 * 1024 * 1024;
  up.last().Send("HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(size) + "\r\n\r\n");
  up.last().Send(std::string(size, 'x'));
  world.Run(std::chrono::seconds(2));
  // The listener's limit, the cluster's, and what the two sockets hold.
  const int64_t read = world.Stat("cluster.web.upstream_cx_rx_bytes_total");
  EXPECT_GT(read, 0);
  EXPECT_LT(read, 3 * 1024 * 1024);
  client.SetReading(true);
  world.Run(std::chrono::seconds(2));
  EXPECT_EQ(BodyOf(client.received()).size(), size);
}

TEST(RequestScenario, ASlowUpstreamStopsTheClient) {
  World world(EdgeBootstrap());
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 8000000\r\n\r\n");
  up.last().SetReading(false);
  client.Send(std::string(8000000, 'x'));
  world.Run(std::chrono::seconds(1));
  EXPECT_LT(world.Stat("http.edge.downstream_cx_rx_bytes_total"), 4 * 1024 * 1024);
  up.last().SetReading(true);
  world.Run(std::chrono::seconds(2));
  EXPECT_EQ(BodyOf(up.last().received()).size(), 8000000u);
}

TEST(RequestScenario, ASlowReaderGetsTheWholeLastAnswer) {
  World world(EdgeBootstrap(), {.network = {.window = 4096}});
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
  client.SetReading(false);
  up.last().Send("HTTP/1.1 200 OK\r\ncontent-length: 40000\r\n\r\n" + std::string(40000, 'x'));
  // Far more than delayed_close_timeout in all, with less between two reads.
  for (int i = 0; i < 30; ++i) {
    world.Run(std::chrono::milliseconds(700));
    client.SetReading(true);
    client.SetReading(false);
  }
  client.SetReading(true);
  world.Run();
  EXPECT_EQ(BodyOf(client.received()).size(), 40000u);
}

TEST(RequestScenario, Expect100ContinueIsAnsweredByTheProxy) {
  World world(EdgeBootstrap());
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client,
            "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n");
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 100 Continue\r\n\r\n"));
  world.Say(client, "hi");
  EXPECT_EQ(BodyOf(up.last().received()), "hi");
  EXPECT_THAT(up.last().received(), Not(HasSubstr("expect:")));
  world.Say(up.last(), kOk);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(RequestScenario, WhereThereIsNoContentNobodyExpects100Continue) {
  World world(EdgeBootstrap());
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client,
            "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(client.received(), "");
  EXPECT_THAT(up.last().received(), StartsWith("POST / HTTP/1.1\r\n"));
  EXPECT_THAT(up.last().received(), Not(HasSubstr("expect:")));
}

TEST(RequestScenario, RedirectsAndPrefixRewrites) {
  World world(EdgeBootstrap(
      {.routes = "- match: { prefix: /old }\n"
                 "  redirect: { host_redirect: b.example, path_redirect: /new }\n"
                 "- match: { prefix: /api/ }\n"
                 "  route: { cluster: web, prefix_rewrite: /, host_rewrite_literal: inner }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, "GET /old/1 HTTP/1.1\r\nhost: a.example\r\n\r\n");
  EXPECT_THAT(client.TakeReceived(), HasSubstr("location: http://b.example/new\r\n"));
  world.Say(client, "GET /api/v1?q=1 HTTP/1.1\r\nhost: a.example\r\n\r\n");
  EXPECT_THAT(up.last().received(), StartsWith("GET /v1?q=1 HTTP/1.1\r\nhost: inner\r\n"));
  EXPECT_THAT(up.last().received(), HasSubstr("x-envoy-original-path: /api/v1?q=1\r\n"));
}

TEST(RequestScenario, AnIdleClientConnectionIsClosed) {
  World world(
      EdgeBootstrap({.http_options = "common_http_protocol_options: { idle_timeout: 10s }"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Run(std::chrono::seconds(9));
  EXPECT_FALSE(client.ended());
  world.Run(std::chrono::seconds(2));
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_idle_timeout"), 1);
}

TEST(RequestScenario, ShutdownFinishesWhatIsUnderWayAndTellsTheClient) {
  World world(EdgeBootstrap());
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  bool done = false;
  world.server().Shutdown(std::chrono::seconds(10), [&done] { done = true; });
  world.Run();
  EXPECT_FALSE(done);
  world.Say(up.last(), kOk);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("connection: close\r\n"));
  client.Close();
  world.Run(std::chrono::seconds(2));
  EXPECT_TRUE(done);
}

TEST(RequestScenario, ShutdownRefusesNewConnectionsRatherThanLeavingThemUnanswered) {
  World world(EdgeBootstrap(), {.workers = 2});
  world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  world.server().Shutdown(std::chrono::seconds(10), [] {});
  world.Run();
  Peer& late = world.Connect();
  EXPECT_TRUE(late.failed());
}

TEST(RequestScenario, ShutdownStillAnswersWhoHasJustConnected) {
  World world(EdgeBootstrap());
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  Peer& client = world.Connect();
  bool done = false;
  world.server().Shutdown(std::chrono::seconds(30), [&done] { done = true; });
  world.Run();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("connection: close\r\n"));
  client.Close();
  world.Run(std::chrono::seconds(2));
  EXPECT_TRUE(done);
}

TEST(RequestScenario, ShutdownDoesNotWaitForLongForWhoConnectsAndSaysNothing) {
  World world(EdgeBootstrap());
  Peer& client = world.Connect();
  world.server().Shutdown(std::chrono::seconds(30), [] {});
  world.Run(std::chrono::seconds(4));
  EXPECT_FALSE(client.ended());
  world.Run(std::chrono::seconds(2));
  EXPECT_TRUE(client.ended());
}

TEST(RequestScenario, ShutdownTellsAnIdleHttp2ClientBeforeItCloses) {
  const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
  const std::string goaway("\7\0\0\0\0\0\x7f\xff\xff\xff", 10);
  const std::string ping_answer("\0\0\x8\6\1\0\0\0\0\0\0\0\0\0\0\0\0", 17);
  World world(EdgeBootstrap());
  Peer& client = world.Connect();
  world.Say(client, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings);
  world.server().Shutdown(std::chrono::seconds(30), [] {});
  world.Run();
  EXPECT_THAT(client.received(), HasSubstr(goaway));
  EXPECT_FALSE(client.ended());
  world.Say(client, ping_answer);
  EXPECT_TRUE(client.ended());
}

TEST(RequestScenario, CircuitBreakerForRequestsHolds) {
  World world(EdgeBootstrap(
      {.cluster_options = "circuit_breakers: { thresholds: [{ max_requests: 1, max_connections: 1, "
                          "max_pending_requests: 1 }] }"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& first = world.Connect();
  Peer& second = world.Connect();
  Peer& third = world.Connect();
  world.Say(first, kGet);
  world.Say(second, kGet);
  world.Say(third, kGet);
  EXPECT_EQ(up.connection_count(), 1u);
  EXPECT_THAT(third.received(), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(third.received(), HasSubstr("reset reason: overflow"));
}

}  // namespace
}  // namespace weir::scenario
