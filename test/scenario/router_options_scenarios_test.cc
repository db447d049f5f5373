// What the router filter's own configuration says: checks of x-envoy-* fields, records of tries,
// statistics.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
constexpr char kBusy[] = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n";

std::string Get(std::string_view fields = "") {
  return StrCat("GET / HTTP/1.1\r\nhost: a\r\n", fields, "\r\n");
}

// `fields` of upstream_log_options.
Edge LoggingTries(std::string_view route_fields, std::string_view options = "") {
  const std::string format =
      "%ACCESS_LOG_TYPE% %RESPONSE_CODE% %RESPONSE_FLAGS% %UPSTREAM_REQUEST_ATTEMPT_COUNT% "
      "%BYTES_SENT% %BYTES_RECEIVED% %DURATION%";
  Edge edge{
      .routes = StrCat("- match: { prefix: / }\n  route: { cluster: web, ", route_fields, " }\n"),
      .log_format = format};
  edge.router_options = StrCat(
      "upstream_log: [ { name: tries, typed_config: { \"@type\": "
      "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog, log_format: "
      "{ text_format_source: { inline_string: \"",
      format, " %UPSTREAM_HOST% %RESP(x-by)% %TRAILER(x-end)%\" } } } } ]\n",
      "upstream_log_options: { ", options, " }\n");
  return edge;
}

TEST(RouterOptionsScenario, StrictChecksRefuseWhatCannotBeRead) {
  Edge edge;
  edge.http_options = "use_remote_address: true\ninternal_address_config: {}\n";
  edge.router_options =
      "strict_check_headers: [ x-envoy-max-retries, x-envoy-retry-on, x-envoy-retry-grpc-on ]\n";
  World world(EdgeBootstrap(edge));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, Get("x-envoy-retry-on: 5xx,unavailable\r\nx-envoy-max-retries: three\r\n"));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(client.TakeReceived(),
              EndsWith("invalid header 'x-envoy-max-retries' with value 'three'"));
  world.Say(client, Get("x-envoy-retry-on: 5xx,unavailable\r\nx-envoy-max-retries: 3\r\n"));
  EXPECT_THAT(client.TakeReceived(),
              EndsWith("invalid header 'x-envoy-retry-on' with value '5xx,unavailable'"));
  EXPECT_EQ(up.answered(), 0u);
  // What is not to be checked is read as far as it can be.
  world.Say(client, Get("x-envoy-retry-on: 5xx\r\nx-envoy-upstream-rq-timeout-ms: soon\r\n"));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(
      world.log().lines(),
      ElementsAre(StartsWith("400 IH request_headers_failed_strict_check{x-envoy-max-retries} "),
                  StartsWith("400 IH request_headers_failed_strict_check{x-envoy-retry-on} "),
                  StartsWith("200 - via_upstream ")));
}

TEST(RouterOptionsScenario, EachTryHasARecord) {
  Edge edge = LoggingTries("retry_policy: { retry_on: 5xx }");
  edge.cluster_options = "http_protocol_options: { enable_trailers: true }\n";
  World world(EdgeBootstrap(edge));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nfour");
  world.Say(up.last(), "HTTP/1.1 503 Busy\r\nx-by: one\r\ncontent-length: 0\r\n\r\n");
  EXPECT_THAT(world.log().lines(), ElementsAre(AllOf(StartsWith("UpstreamEnd 503 - 1 4 0 "),
                                                     EndsWith(" 10.0.0.1:80 one -"))));
  world.Run(seconds(1));
  world.Say(up.last(),
            "HTTP/1.1 200 OK\r\nx-by: two\r\ntransfer-encoding: chunked\r\n\r\n"
            "2\r\nok\r\n0\r\nx-end: yes\r\n\r\n");
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(world.log().lines(),
              ElementsAre(StartsWith("UpstreamEnd 503 "),
                          AllOf(StartsWith("UpstreamEnd 200 - 2 4 2 "), EndsWith(" two yes")),
                          StartsWith("DownstreamEnd 200 - 2 2 4 ")));
}

TEST(RouterOptionsScenario, ATryThatFailsSaysHow) {
  World world(EdgeBootstrap(LoggingTries(
      "retry_policy: { retry_on: reset, per_try_timeout: 0.1s, num_retries: 2, retry_back_off: { "
      "base_interval: 0.001s } }")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get());
  world.Run(milliseconds(110));
  world.Say(up.last(), "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfour");
  up.last().Close();
  world.Run();
  EXPECT_THAT(world.log().lines(), ElementsAre(StartsWith("UpstreamEnd 0 UT 1 0 0 1"),
                                               StartsWith("UpstreamEnd 200 UC 2 0 4 "),
                                               StartsWith("DownstreamEnd 200 UC 2 4 0 ")));
}

TEST(RouterOptionsScenario, ATryThatFindsNoHostOrNoConnectionHasARecord) {
  Edge edge = LoggingTries("retry_policy: { retry_on: connect-failure }");
  World world(EdgeBootstrap(edge));  // Nobody listens there.
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, Get());
  world.Run(seconds(3));
  EXPECT_THAT(world.log().lines(),
              ElementsAre(AllOf(StartsWith("UpstreamEnd 0 UF 1 0 0 "), HasSubstr("10.0.0.1:80")),
                          StartsWith("UpstreamEnd 0 UF 2 0 0 "),
                          StartsWith("DownstreamEnd 503 UF,URX 2 ")));
  edge.endpoints.clear();
  World empty(EdgeBootstrap(edge));
  ASSERT_TRUE(empty.status().ok()) << empty.status();
  empty.Say(empty.Connect(), Get());
  EXPECT_THAT(empty.log().lines(), ElementsAre(StartsWith("UpstreamEnd 0 UH 1 0 0 0 "),
                                               StartsWith("DownstreamEnd 503 UH 1 ")));
}

TEST(RouterOptionsScenario, ARecordIsWrittenWithTheStreamAndWhileTheTryGoesOn) {
  World world(EdgeBootstrap(LoggingTries("timeout: 0s",
                                         "flush_upstream_log_on_upstream_stream: true, "
                                         "upstream_log_flush_interval: 1s")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get());
  world.Say(up.last(), "HTTP/1.1 200 OK\r\nx-by: me\r\ncontent-length: 9\r\n\r\nfour");
  world.Run(milliseconds(2500));
  client.Reset();
  world.Run(seconds(3));
  EXPECT_THAT(world.log().lines(),
              ElementsAre(StartsWith("UpstreamPoolReady 0 - 1 0 0 - 10.0.0.1:80 -"),
                          AllOf(StartsWith("UpstreamPeriodic 200 - 1 0 4 "), EndsWith(" me -")),
                          StartsWith("UpstreamPeriodic 200 - 1 0 4 "),
                          StartsWith("UpstreamEnd 200 - 1 0 4 "), StartsWith("DownstreamEnd ")));
}

TEST(RouterOptionsScenario, WithoutDynamicStatsNoCodesAreCounted) {
  Edge edge;
  edge.routes =
      "- match: { prefix: / }\n  route: { cluster: web, retry_policy: { retry_on: 5xx } }\n";
  edge.router_options = "dynamic_stats: false\n";
  World world(EdgeBootstrap(edge));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kBusy);
  world.Say(world.Connect(), Get());
  world.Run(seconds(1));
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_total"), 2);
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_503"), 0);
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_5xx"), 0);
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_completed"), 0);
}

}  // namespace
}  // namespace weir::scenario
