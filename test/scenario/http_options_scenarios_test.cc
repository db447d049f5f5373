// What the connection manager's fields do, as a client and an upstream see it.

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

// The bootstrap whose access log has a filter, in flow style.
std::string WithLogFilter(std::string yaml, std::string_view filter) {
  constexpr std::string_view kLog = "          - name: stdout\n";
  yaml.insert(yaml.find(kLog) + kLog.size(), StrCat("            filter: ", filter, "\n"));
  return yaml;
}

TEST(HttpOptionsScenario, AnExpectationIsAnsweredHereOrPassedOn) {
  constexpr char kExpecting[] =
      "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n";
  for (const bool pass : {false, true}) {
    World world(EdgeBootstrap({.http_options = pass ? "proxy_100_continue: true" : ""}));
    Upstream& up = world.AddUpstream("10.0.0.1:80");
    Peer& client = world.Connect();
    world.Say(client, kExpecting);
    EXPECT_EQ(client.received().starts_with("HTTP/1.1 100 Continue\r\n"), !pass);
    ASSERT_EQ(up.connection_count(), 1u);
    EXPECT_EQ(up.last().received().find("expect: 100-continue\r\n") != std::string::npos, pass);
    if (!pass) continue;
    world.Say(up.last(), "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 100 Continue\r\n"));
    world.Say(client, "hi");
    EXPECT_THAT(up.last().received(), HasSubstr("\r\n\r\nhi"));
    world.Say(up.last(), kOk);
    EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
}

TEST(HttpOptionsScenario, UpgradesThatAreIgnoredAreAsGoodAsNotThere) {
  World world(
      EdgeBootstrap({.http_options = "http_protocol_options: { ignore_http_11_upgrade: [ { "
                                     "prefix: own/ }, { exact: other } ] }\n"
                                     "upgrade_configs: [ { upgrade_type: websocket } ]\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  const auto forwarded = [&](const std::string& upgrade) {
    world.Say(world.Connect(), "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: " +
                                   upgrade + "\r\n\r\n");
    return up.connection_count() == 0 ? "" : up.last().TakeReceived();
  };
  EXPECT_EQ(forwarded("unknown"), "") << "refused: no such upgrade is allowed";
  EXPECT_THAT(forwarded("own/2"), Not(HasSubstr("upgrade")));
  EXPECT_THAT(forwarded("other, websocket, own/1"), HasSubstr("upgrade: websocket\r\n"));
  EXPECT_THAT(forwarded("own, websocket"), Not(HasSubstr("upgrade: "))) << "a choice is left";
}

TEST(HttpOptionsScenario, LocalRepliesLookAsConfigured) {
  World world(
      EdgeBootstrap({.routes = "- match: { path: /only }\n  route: { cluster: web }\n",
                     .http_options = "local_reply_config:\n"
                                     "  mappers:\n"
                                     "  - filter: { response_flag_filter: { flags: [NR] } }\n"
                                     "    status_code: 410\n"
                                     "    body: { inline_string: \"no such page\" }\n"
                                     "    headers_to_add: [ { header: { key: x-why, value: "
                                     "\"%RESPONSE_FLAGS%\" } } ]\n"
                                     "  body_format: { json_format: { status: \"%RESPONSE_CODE%\", "
                                     "text: \"%LOCAL_REPLY_BODY%\" } }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 410 Gone\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("x-why: NR\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("content-type: application/json\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("{\"status\":410,\"text\":\"no such page\"}"));
  client.TakeReceived();
  world.Say(client, "GET /only HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("{\"status\":503,\"text\":\"upstream connect error"));
  world.Run();
  EXPECT_THAT(world.log().lines(),
              ElementsAre(StartsWith("410 NR route_not_found"), StartsWith("503 UF")));
}

TEST(HttpOptionsScenario, AConnectionEndsWithTheLastRequestThatItMayCarry) {
  World world(EdgeBootstrap(
      {.http_options = "common_http_protocol_options: { max_requests_per_connection: 2 }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.TakeReceived(), Not(HasSubstr("connection: close")));
  EXPECT_FALSE(client.ended());
  world.Say(client, kGet);
  EXPECT_THAT(client.TakeReceived(), HasSubstr("\r\nconnection: close\r\n"));
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_max_requests_reached"), 1);
}

TEST(HttpOptionsScenario, ARequestHasItsTimeToComeWhole) {
  World world(EdgeBootstrap({.http_options = "request_timeout: 5s\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  const std::string post = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbo";
  Peer& whole = world.Connect();
  world.Say(whole, post + "dy");
  Peer& slow = world.Connect();
  world.Say(slow, post);
  world.Run(std::chrono::seconds(4));
  EXPECT_EQ(slow.received(), "");
  world.Run(std::chrono::seconds(2));
  EXPECT_THAT(slow.received(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_EQ(whole.received(), "");
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_timeout"), 1);
  EXPECT_EQ(up.connection_count(), 2u);
}

TEST(HttpOptionsScenario, AStreamWithoutProgressHasTheTimeThatItsRouteSays) {
  World world(
      EdgeBootstrap({.routes = "- match: { path: /own }\n  route: { cluster: web, timeout: 0s, "
                               "idle_timeout: 2s }\n"
                               "- match: { prefix: / }\n  route: { cluster: web, timeout: 0s }\n",
                     .http_options = "stream_idle_timeout: 5s\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80");
  Peer& own = world.Connect();
  world.Say(own, "GET /own HTTP/1.1\r\nhost: a\r\n\r\n");
  Peer& other = world.Connect();
  world.Say(other, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbo");
  world.Run(std::chrono::seconds(3));
  EXPECT_THAT(own.received(), StartsWith("HTTP/1.1 504 "));
  EXPECT_EQ(other.received(), "");
  world.Run(std::chrono::seconds(3));
  EXPECT_THAT(other.received(), StartsWith("HTTP/1.1 408 ")) << "the request is not whole";
}

TEST(HttpOptionsScenario, AnswersToMalformedMessagesLookAsConfigured) {
  World world(
      EdgeBootstrap({.http_options = "local_reply_config:\n"
                                     "  mappers:\n"
                                     "  - filter: { response_flag_filter: { flags: [DPE] } }\n"
                                     "    status_code: 422\n"
                                     "    headers_to_add: [ { header: { key: x-why, value: "
                                     "\"%REQ(x-who)%/%RESPONSE_CODE_DETAILS%\" } } ]\n"
                                     "  body_format: { json_format: { was: "
                                     "\"%LOCAL_REPLY_BODY%\" } }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80");
  const std::string post = "POST / HTTP/1.1\r\nhost: a\r\nx-who: me\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {"GARBAGE\r\n\r\n", "x-why: /http1.invalid_method\r\n"},
      {post + "transfer-encoding: chunked\r\n\r\n2\r\nok\r\nno chunk",
       "x-why: me/http1.invalid_chunk\r\n"},
  };
  for (const auto& [message, why] : cases) {
    Peer& client = world.Connect();
    world.Say(client, message);
    EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 422 Unprocessable"));
    EXPECT_THAT(client.received(), HasSubstr(why));
    EXPECT_THAT(client.received(), HasSubstr("server: envoy\r\n"));
    EXPECT_THAT(client.received(), HasSubstr("\r\nconnection: close\r\n\r\n"));
    EXPECT_THAT(client.received(), HasSubstr("{\"was\":\"Bad Request\"}"));
    EXPECT_TRUE(client.ended());
  }
  world.Run();
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_4xx"), 2);
  EXPECT_THAT(world.log().lines(),
              ElementsAre(StartsWith("422 DPE http1."), "422 DPE http1.invalid_chunk 0"));
}

TEST(HttpOptionsScenario, AnAccessLogWritesWhatItsFilterLetsPass) {
  World world(WithLogFilter(
      EdgeBootstrap({.routes = "- match: { path: /a }\n  direct_response: { status: 200 }\n"
                               "- match: { path: /b }\n  direct_response: { status: 503 }\n"}),
      "{ and_filter: { filters: [ { status_code_filter: { comparison: { op: GE, value: { "
      "default_value: 500, runtime_key: k } } } }, { header_filter: { header: { name: x-log, "
      "string_match: { exact: \"1\" } } } } ] } }"));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  for (const char* path : {"/a", "/b"}) {
    for (const char* log : {"0", "1"}) {
      world.Say(client, StrCat("GET ", path, " HTTP/1.1\r\nhost: a\r\nx-log: ", log, "\r\n\r\n"));
    }
  }
  world.Run();
  EXPECT_THAT(world.log().lines(), ElementsAre(StartsWith("503 ")));
}

TEST(HttpOptionsScenario, ALogsFilterTakesItsValueFromTheRuntime) {
  const std::string yaml = WithLogFilter(
      EdgeBootstrap({.routes = "- match: { prefix: / }\n  direct_response: { status: 503 }\n"}),
      "{ status_code_filter: { comparison: { op: GE, value: { default_value: 500, runtime_key: "
      "log.from } } } }");
  for (const bool raised : {false, true}) {
    World world(yaml + (raised ? "layered_runtime: { layers: [ { name: s, static_layer: { "
                                 "log.from: 504 } } ] }\n"
                               : ""));
    ASSERT_TRUE(world.status().ok()) << world.status();
    world.Say(world.Connect(), kGet);
    world.Run();
    EXPECT_EQ(world.log().lines().size(), raised ? 0u : 1u);
  }
}

TEST(HttpOptionsScenario, RequestsAreLoggedWhenTheyComeAndWhileTheyGoOn) {
  std::string yaml =
      EdgeBootstrap({.http_options = "access_log_options: { flush_access_log_on_new_request: true, "
                                     "access_log_flush_interval: 1s }\n"});
  const std::string before = "%RESPONSE_CODE% ";
  yaml.insert(yaml.find(before), "%ACCESS_LOG_TYPE% ");
  World world(WithLogFilter(yaml, "{ log_type_filter: { types: [NotSet], exclude: true } }"));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  world.Run(std::chrono::milliseconds(2500));
  world.Say(up.last(), kOk);
  world.Run(std::chrono::seconds(3));
  EXPECT_THAT(world.log().lines(),
              ElementsAre(StartsWith("DownstreamStart 0 "), StartsWith("DownstreamPeriodic 0 "),
                          StartsWith("DownstreamPeriodic 0 "), StartsWith("DownstreamEnd 200 ")));
}

TEST(HttpOptionsScenario, AGrpcStatusInTrailersReachesTheLog) {
  World world(WithLogFilter(
      EdgeBootstrap({.http_options = "http_protocol_options: { enable_trailers: true }",
                     .cluster_options = "http_protocol_options: { enable_trailers: true }"}),
      "{ grpc_status_filter: { statuses: [UNAVAILABLE] } }"));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  for (const char* status : {"0", "14"}) {
    world.Say(client, kGet);
    world.Say(up.last(), StrCat("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
                                "grpc-status: ", status, "\r\n\r\n"));
  }
  world.Run();
  EXPECT_EQ(world.log().lines().size(), 1u);
}

TEST(HttpOptionsScenario, NamesGoOutInProperCase) {
  World world(EdgeBootstrap(
      {.http_options = "http_protocol_options: { header_key_format: { proper_case_words: {} } }",
       .cluster_options =
           "http_protocol_options: { header_key_format: { proper_case_words: {} } }"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, "POST /x HTTP/1.1\r\nhost: a\r\nx-aBC_d2e: v\r\ncontent-length: 0\r\n\r\n");
  EXPECT_THAT(up.last().received(), HasSubstr("\r\nHost: a\r\nX-Abc_D2e: v\r\n"));
  EXPECT_THAT(up.last().received(), HasSubstr("\r\nContent-Length: 0\r\n"));
  world.Say(up.last(), kOk);
  EXPECT_THAT(client.received(), HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("\r\nServer: envoy\r\n"));
}

constexpr char kPreserve[] =
    "http_protocol_options: { header_key_format: { stateful_formatter: { name: preserve_case, "
    "typed_config: { \"@type\": "
    "type.googleapis.com/envoy.extensions.http.header_formatters.preserve_case.v3."
    "PreserveCaseFormatterConfig } } } }";

TEST(HttpOptionsScenario, NamesKeepTheCaseTheyCameIn) {
  World world(EdgeBootstrap({.http_options = kPreserve, .cluster_options = kPreserve}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  // In two pieces: the first look at the head must not spoil it.
  world.Say(client, "POST /x HTTP/1.1\r\nHOST: a\r\nX-aBC: v\r\nx-low: w\r\nConTent");
  world.Say(client, "-Length: 2\r\n\r\nhi");
  EXPECT_THAT(up.last().received(),
              StartsWith("POST /x HTTP/1.1\r\nHOST: a\r\nX-aBC: v\r\nx-low: w\r\n"));
  EXPECT_THAT(up.last().received(), HasSubstr("\r\nConTent-Length: 2\r\n"));
  world.Say(up.last(), "HTTP/1.1 200 OK\r\nCONTENT-length: 2\r\nX-Up: 1\r\n\r\nok");
  EXPECT_THAT(client.received(), HasSubstr("\r\nX-Up: 1\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("\r\nCONTENT-length: 2\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("\r\nserver: envoy\r\n"));
  // The next message has spellings of its own.
  client.TakeReceived();
  up.last().TakeReceived();
  world.Say(client, "GET /x HTTP/1.1\r\nHost: a\r\nx-abc: v\r\n\r\n");
  EXPECT_THAT(up.last().received(), HasSubstr("\r\nHost: a\r\nx-abc: v\r\n"));
}

TEST(HttpOptionsScenario, TheUpstreamIsAskedInAbsoluteForm) {
  World world(EdgeBootstrap(
      {.cluster_options = "http_protocol_options: { send_fully_qualified_url: true }"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  world.Say(world.Connect(), kGet);
  EXPECT_THAT(up.last().received(),
              StartsWith("GET http://a.example/x HTTP/1.1\r\nhost: a.example\r\n"));
}

TEST(HttpOptionsScenario, AFieldOfATrustedProxySaysWhoTheClientIs) {
  World world(EdgeBootstrap(
      {.http_options =
           "original_ip_detection_extensions: [ { name: real-ip, typed_config: { \"@type\": "
           "type.googleapis.com/envoy.extensions.http.original_ip_detection.custom_header.v3."
           "CustomHeaderConfig, header_name: X-Real-Ip, reject_with_status: { code: Unauthorized "
           "} } } ]"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 401 Unauthorized\r\n"));
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_rejected_via_ip_detection"), 1);
  world.Say(world.Connect(), "GET /x HTTP/1.1\r\nhost: a\r\nx-real-ip: 192.0.2.1\r\n\r\n");
  EXPECT_EQ(up.connection_count(), 1u);
}

TEST(HttpOptionsScenario, ChunkedWinsOverALengthWhereThatIsAllowed) {
  World world(
      EdgeBootstrap({.http_options = "http_protocol_options: { allow_chunked_length: true }"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client,
            "POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 50\r\ntransfer-encoding: "
            "chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(up.connection_count(), 1u);
  EXPECT_EQ(up.answered(), 1u);
}

TEST(HttpOptionsScenario, ARefusedPathEndsTheConnectionUnlessOnlyStreamsEnd) {
  constexpr char kReject[] = "path_with_escaped_slashes_action: REJECT_REQUEST\n";
  for (const bool keep : {false, true}) {
    World world(
        EdgeBootstrap({.http_options = StrCat(
                           kReject, keep ? "stream_error_on_invalid_http_message: true\n" : "")}));
    ASSERT_TRUE(world.status().ok()) << world.status();
    Peer& client = world.Connect();
    world.Say(client, "GET /a%2fb HTTP/1.1\r\nhost: a\r\n\r\n");
    EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_EQ(client.ended(), !keep);
    EXPECT_EQ(world.Stat("http.edge.downstream_rq_failed_path_normalization"), 1);
  }
}

TEST(HttpOptionsScenario, AfterItsLastAnswerAConnectionEndsAtOnceAndIsDrained) {
  World world(EdgeBootstrap({.http_options = "delayed_close_timeout: 2s\n"}));
  Peer& client = world.Connect();
  world.Say(client, "GARBAGE\r\n\r\n");
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_TRUE(client.ended()) << "the write side is shut";
  // What the client still sends is read and dropped, so that no reset destroys the answer.
  world.Say(client, std::string(20000, 'x'));
  EXPECT_FALSE(client.failed());
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_active"), 1);
  world.Run(std::chrono::milliseconds(2100));
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_active"), 0);
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_delayed_close_timeout"), 1);
}

TEST(HttpOptionsScenario, WhatIsNoRequestIsCountedAndLogged) {
  World world(EdgeBootstrap());
  world.AddUpstream("10.0.0.1:80");
  world.Say(world.Connect(), "GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n");
  world.Say(world.Connect(), "GET / HTTP/3.0\r\nhost: a\r\n\r\n");
  world.Say(world.Connect(),
            "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nX\r\n");
  EXPECT_THAT(world.log().lines(),
              ElementsAre("400 DPE http1.blank_before_colon 0",
                          "505 DPE http1.unsupported_version 0", "400 DPE http1.invalid_chunk 0"));
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_4xx"), 2);
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_5xx"), 1);
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_total"), 3);
}

TEST(HttpOptionsScenario, AtItsLongestLifeAConnectionIsToldAndThenClosed) {
  constexpr char kLife[] =
      "common_http_protocol_options: { max_connection_duration: 10s }\ndrain_timeout: 3s\n";
  World world(
      EdgeBootstrap({.routes = "- match: { prefix: / }\n  direct_response: { status: 200 }\n",
                     .http_options = kLife}));
  Peer& told = world.Connect();
  Peer& idle = world.Connect();
  world.Run(std::chrono::milliseconds(10500));
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_max_duration_reached"), 2);
  EXPECT_FALSE(idle.ended());
  world.Say(told, kGet);
  EXPECT_THAT(told.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(told.received(), HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(told.ended());
  world.Run(std::chrono::milliseconds(3000));
  EXPECT_TRUE(idle.ended());
}

TEST(HttpOptionsScenario, LongestLivesAreSpread) {
  constexpr char kLife[] =
      "common_http_protocol_options: { max_connection_duration: 10s, "
      "max_connection_duration_jitter: { value: 50 } }\n";
  World world(EdgeBootstrap({.http_options = kLife}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  constexpr int kConnections = 40;
  for (int i = 0; i < kConnections; ++i) world.Connect();
  const auto reached = [&] { return world.Stat("http.edge.downstream_cx_max_duration_reached"); };
  world.Run(std::chrono::milliseconds(9900));
  EXPECT_EQ(reached(), 0);
  world.Run(std::chrono::milliseconds(2600));
  EXPECT_GT(reached(), 5);
  EXPECT_LT(reached(), kConnections - 5);
  world.Run(std::chrono::milliseconds(2700));
  EXPECT_EQ(reached(), kConnections);
}

TEST(HttpOptionsScenario, ASafeLongestLifeNeverClosesAnIdleConnection) {
  World world(EdgeBootstrap(
      {.routes = "- match: { prefix: / }\n  direct_response: { status: 200 }\n",
       .http_options = "common_http_protocol_options: { max_connection_duration: 10s }\n"
                       "http1_safe_max_connection_duration: true\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Run(std::chrono::seconds(60));
  EXPECT_FALSE(client.ended());
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(client.ended());
}

TEST(HttpOptionsScenario, OnlyOurOwnMayAskForRetriesOrSendInternalFields) {
  std::string yaml = EdgeBootstrap(
      {.http_options = "use_remote_address: true\n"
                       "internal_address_config: { cidr_ranges: [ { address_prefix: 127.0.0.0, "
                       "prefix_len: 8 } ] }\n"});
  yaml.replace(yaml.find("name: routes\n"), 13,
               "name: routes\n            internal_only_headers: [x-secret]\n");
  World world(yaml);
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.OnBytes([](Peer&) {});
  Peer& client = world.Connect();
  const std::string fields = "x-secret: s\r\nx-envoy-decorator-operation: r\r\n\r\n";
  world.Say(client, "GET /ours HTTP/1.1\r\nhost: a\r\n" + fields);
  EXPECT_THAT(up.last().received(), HasSubstr("x-secret: s\r\n"));
  EXPECT_THAT(up.last().received(), HasSubstr("x-envoy-decorator-operation: r\r\n"));
  EXPECT_THAT(up.last().received(), HasSubstr("x-envoy-internal: true\r\n"));
  Peer& other = world.Connect();
  world.Say(other, "GET /theirs HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 127.0.0.1\r\n" + fields);
  EXPECT_THAT(up.last().received(), StartsWith("GET /theirs "));
  EXPECT_THAT(up.last().received(), Not(HasSubstr("x-secret")));
  EXPECT_THAT(up.last().received(), Not(HasSubstr("decorator")));
  EXPECT_THAT(up.last().received(), Not(HasSubstr("x-envoy-internal")));
}

}  // namespace
}  // namespace weir::scenario
