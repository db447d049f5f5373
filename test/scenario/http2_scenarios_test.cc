// HTTP/2 through the whole proxy: the shared cases, and peers that stall, vanish or attack.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/http/h2/codec.h"
#include "test/http/h2/case_frames.h"
#include "test/http/recording_handler.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using http::ConformanceCase;
using http::h2::ClientPreface;
using http::h2::Data;
using http::h2::FieldList;
using http::h2::Frame;
using http::h2::Headers;
using http::h2::kGet;
using http::h2::Number;
using http::h2::ReadFrames;
using http::h2::SeenFrame;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
constexpr char kHttp2Cluster[] =
    "typed_extension_protocol_options:\n"
    "  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:\n"
    "    \"@type\": "
    "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions\n"
    "    explicit_http_config: { http2_protocol_options: { OPTIONS } }\n";

std::string Http2Cluster(const std::string& options = "") {
  std::string yaml = kHttp2Cluster;
  return yaml.replace(yaml.find("OPTIONS"), 7, options);
}

std::string Lower(std::string text) {
  for (char& c : text) c = AsciiToLower(c);
  return text;
}

size_t Count(const std::string& bytes, http::h2::FrameType type) {
  size_t count = 0;
  for (const SeenFrame& frame : ReadFrames(bytes)) count += frame.type == type ? 1 : 0;
  return count;
}

std::string BodyOf(const std::string& bytes) {
  std::string body;
  for (const SeenFrame& frame : ReadFrames(bytes)) {
    if (frame.type == http::h2::kData) body += frame.payload;
  }
  return body;
}

// Whether an HTTP/1 request of the proxy is there from its first to its last byte.
bool IsWhole(const std::string& request) {
  const size_t head = request.find("\r\n\r\n");
  if (head == std::string::npos) return false;
  const std::string fields = Lower(request.substr(0, head + 2));
  if (fields.find("\r\ntransfer-encoding: chunked\r\n") != std::string::npos) {
    return request.find("\r\n0\r\n", head) != std::string::npos;
  }
  const size_t length = fields.find("\r\ncontent-length: ");
  if (length == std::string::npos) return true;
  return request.size() - head - 4 == std::stoul(fields.substr(length + 18));
}

// --- The shared cases

void JudgeRequest(const ConformanceCase& test) {
  World world(EdgeBootstrap({.routes = "- match: { prefix: \"/\" }\n  route: { cluster: web }\n"
                                       "- match: { path: \"*\" }\n  route: { cluster: web }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, ClientPreface() + http::h2::MessageOf(test));
  const std::string request = up.connection_count() > 0 ? up.last().received() : "";
  const bool forwarded = IsWhole(request);
  if (forwarded) world.Say(up.last(), kOk);
  const bool answered = BodyOf(client.received()) == "ok";
  const std::string expect = test.Text("expect");
  if (expect != "accept" && !(expect == "normalise" && forwarded)) {
    EXPECT_FALSE(forwarded) << request;
    EXPECT_TRUE(Count(client.received(), http::h2::kRstStream) > 0 ||
                Count(client.received(), http::h2::kGoaway) > 0 ||
                Count(client.received(), http::h2::kHeaders) > 0);
    EXPECT_FALSE(answered);
    return;
  }
  EXPECT_TRUE(forwarded) << request;
  EXPECT_TRUE(answered);
  for (const std::string& text : test.Texts("h1_forward_has")) {
    EXPECT_THAT(Lower(request), HasSubstr(Lower(text)));
  }
  for (const std::string& text : test.Texts("h1_forward_lacks")) {
    EXPECT_THAT(Lower(request), testing::Not(HasSubstr(Lower(text))));
  }
}

void JudgeResponse(const ConformanceCase& test) {
  World world(EdgeBootstrap({.cluster_options = Http2Cluster()}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, "GET / HTTP/1.1\r\nhost: a.example\r\n\r\n");
  ASSERT_EQ(up.connection_count(), 1u);
  world.Say(up.last(), Frame(http::h2::kSettings, 0, 0, "") + http::h2::MessageOf(test));
  if (test.Text("expect") == "accept") {
    EXPECT_THAT(client.received(), testing::StartsWith("HTTP/1.1 200"));
  } else {
    EXPECT_THAT(client.received(), testing::StartsWith("HTTP/1.1 502"));
  }
}

TEST(Http2Scenario, EverySharedCaseIsJudgedByTheWholeProxy) {
  int judged = 0;
  for (const ConformanceCase& test : http::ReadConformanceCases("h2_cases.jsonl")) {
    SCOPED_TRACE(StrCat(test.id(), ": ", test.Text("note")));
    if (test.Text("side") == "request") {
      JudgeRequest(test);
    } else {
      JudgeResponse(test);
    }
    ++judged;
  }
  EXPECT_EQ(judged, 67);
}

// --- From HTTP/1 to HTTP/2

// What an HTTP/2 server makes of the bytes that the proxy has sent to an upstream.
std::vector<std::string> AsServerSees(const std::string& bytes) {
  buffer::BlockPool pool;
  http::h2::Options options;
  http::h2::Stats stats;
  http::RecordingServer server(pool);
  auto codec = http::h2::CreateServerCodec(server, pool, options, stats);
  buffer::Buffer in(pool);
  in.Append(bytes);
  codec->Decode(in);
  std::vector<std::string> lines = server.events.lines();
  codec->Abort({.kind = http::ErrorKind::kConnectionClosed});
  std::erase_if(lines, [](const std::string& line) {
    return line.starts_with("request 1: x-request-id") || line.starts_with("request 1: x-envoy") ||
           line.starts_with("request 1: x-forwarded");
  });
  return lines;
}

struct Upgraded {
  const char* request;
  std::vector<std::string> seen;
};

TEST(Http2Scenario, ARequestLeavesWhatBelongsToHttp1Behind) {
  const Upgraded requests[] = {
      {"POST /p HTTP/1.1\r\nHost: a.example\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n"
       "Keep-Alive: timeout=5\r\nProxy-Connection: close\r\nTE: trailers, deflate\r\n"
       "Transfer-Encoding: chunked\r\nX-Kept: v\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
       {"request 1: POST http a.example /p chunked", "request 1: te: trailers",
        "request 1: x-kept: v", "request 1: body hello", "request 1: end"}},
      {"GET /g HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, HTTP2-Settings\r\n"
       "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
       {"request 1: GET http a.example /g", "request 1: end"}},
      {"PUT /l HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nok",
       {"request 1: PUT http a.example /l length 2", "request 1: body ok", "request 1: end"}},
      // The client ends before its body does: there is no end for the upstream either.
      {"PUT /s HTTP/1.1\r\nHost: a.example\r\nContent-Length: 9\r\n\r\nshort",
       {"request 1: PUT http a.example /s length 9", "request 1: body short",
        "request 1: reset 9 http2.remote_reset", "request 1: closed"}},
  };
  for (const Upgraded& test : requests) {
    SCOPED_TRACE(test.request);
    World world(EdgeBootstrap({.cluster_options = Http2Cluster()}));
    ASSERT_TRUE(world.status().ok()) << world.status();
    Upstream& up = world.AddUpstream("10.0.0.1:80");
    Peer& client = world.Connect();
    world.Say(client, test.request);
    world.Say(up.last(), Frame(http::h2::kSettings, 0, 0, ""));
    if (test.seen.back() == "request 1: closed") client.EndWrites();
    world.Run();
    EXPECT_EQ(AsServerSees(up.last().received()), test.seen);
  }
}

// --- Peers that stall or vanish

std::string AnswerOf(size_t bytes) {
  return StrCat("HTTP/1.1 200 OK\r\ncontent-length: ", bytes, "\r\n\r\n", std::string(bytes, 'x'));
}

std::string NoWindowPreface() {
  return std::string(http::kHttp2Preface) +
         Frame(http::h2::kSettings, 0, 0, std::string("\0\4\0\0\0\0", 6));
}

// Both an answer that is held whole and one that waits upstream for room.
TEST(Http2Scenario, AStreamWithoutWindowIsResetWhenItsIdleTimeIsOver) {
  for (const size_t size : {size_t{1000}, size_t{3000000}}) {
    SCOPED_TRACE(size);
    World world(EdgeBootstrap(
        {.routes = "- match: { prefix: \"/\" }\n  route: { cluster: web, timeout: 0s }\n",
         .http_options = "stream_idle_timeout: 30s"}));
    ASSERT_TRUE(world.status().ok()) << world.status();
    Upstream& up = world.AddUpstream("10.0.0.1:80");
    Peer& client = world.Connect();
    world.Say(client, NoWindowPreface() + Headers(1, kGet, true));
    world.Say(up.last(), AnswerOf(size));
    world.Run(seconds(29));
    EXPECT_EQ(Count(client.received(), http::h2::kRstStream), 0u);
    EXPECT_EQ(BodyOf(client.received()), "");
    world.Run(seconds(2));
    EXPECT_EQ(Count(client.received(), http::h2::kRstStream), 1u);
    EXPECT_EQ(world.Stat("http2.streams_active"), 0);
    EXPECT_EQ(world.Stat("http.edge.downstream_rq_idle_timeout"), 1);
    EXPECT_FALSE(client.ended()) << "the connection serves on";
  }
}

TEST(Http2Scenario, ManyStreamsWithoutWindowHoldWhatTheirWatermarksAllow) {
  constexpr size_t kLimit = 64 * 1024, kStreams = 20;
  std::string yaml = EdgeBootstrap(
      {.cluster_options = StrCat("per_connection_buffer_limit_bytes: ", kLimit, "\n")});
  yaml.insert(yaml.find("    filter_chains:"),
              StrCat("    per_connection_buffer_limit_bytes: ", kLimit, "\n"));
  World world(yaml);
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  std::string requests;
  for (uint32_t i = 0; i < kStreams; ++i) requests += Headers(2 * i + 1, kGet, true);
  world.Say(client, NoWindowPreface() + requests);
  ASSERT_EQ(up.connection_count(), kStreams);
  for (size_t i = 0; i < kStreams; ++i) up.connection(i).Send(AnswerOf(10000000));
  world.Run(seconds(1));
  // Held in the proxy: what the upstreams' ends have been able to write, less what lies between.
  EXPECT_LE(world.Stat("cluster.web.upstream_cx_rx_bytes_total"),
            static_cast<int64_t>(kStreams * 4 * kLimit));
}

TEST(Http2Scenario, ADeadUpstreamIsFoundByItsSilence) {
  World world(EdgeBootstrap(
      {.routes = "- match: { prefix: \"/\" }\n  route: { cluster: web, timeout: 0s }\n",
       .cluster_options = Http2Cluster("connection_keepalive: { interval: 10s, timeout: 2s }")}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, "GET / HTTP/1.1\r\nhost: a.example\r\n\r\n");
  world.Say(up.last(), Frame(http::h2::kSettings, 0, 0, ""));
  world.Run(seconds(9));
  EXPECT_EQ(Count(up.last().received(), http::h2::kPing), 0u);
  world.Run(milliseconds(2600));
  EXPECT_EQ(Count(up.last().received(), http::h2::kPing), 1u);
  EXPECT_EQ(client.received(), "");
  world.Run(milliseconds(2100));
  EXPECT_THAT(client.received(), testing::StartsWith("HTTP/1.1 503"));
  EXPECT_EQ(world.Stat("cluster.web.http2.keepalive_timeout"), 1);
  EXPECT_EQ(world.Stat("cluster.web.upstream_cx_active"), 0);
}

TEST(Http2Scenario, ADeadClientIsFoundByItsSilence) {
  World world(EdgeBootstrap(
      {.http_options = "http2_protocol_options: { connection_keepalive: "
                       "{ interval: 10s, timeout: 2s, interval_jitter: { value: 0 } } }"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, ClientPreface() + Headers(1, kGet, true));
  world.Run(milliseconds(10100));
  const std::vector<SeenFrame> frames = ReadFrames(client.received());
  ASSERT_EQ(frames.back().type, http::h2::kPing);
  world.Say(client, Frame(http::h2::kPing, http::h2::kAck, 0, frames.back().payload));
  world.Run(milliseconds(10100));
  EXPECT_FALSE(client.ended() || client.failed());
  world.Run(milliseconds(2100));
  EXPECT_TRUE(client.ended() || client.failed());
  EXPECT_EQ(world.Stat("http2.keepalive_timeout"), 1);
  EXPECT_EQ(world.Stat("http.edge.downstream_cx_active"), 0);
  world.Run();
  EXPECT_EQ(up.connection_count(), 1u);
}

TEST(Http2Scenario, APrefaceThatNeverEndsIsGivenUp) {
  World world(EdgeBootstrap({.http_options = "request_headers_timeout: 5s"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, "PRI * HT");
  world.Run(seconds(4));
  EXPECT_FALSE(client.ended());
  world.Run(seconds(2));
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_header_timeout"), 1);
}

// A head that comes piece by piece has as long as one of HTTP/1, also beside other requests.
TEST(Http2Scenario, AHeaderBlockThatDoesNotEndIsGivenUp) {
  World world(EdgeBootstrap({.http_options = "request_headers_timeout: 5s"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80");
  const std::string block = http::h2::HeaderBlockOf(kGet);
  const std::string cut_frame = Headers(3, kGet, true).substr(0, 20);
  const std::string no_end = Frame(http::h2::kHeaders, http::h2::kEndStream, 3, block);
  for (const std::string& begun : {cut_frame, no_end}) {
    Peer& client = world.Connect();
    world.Say(client, ClientPreface() + Headers(1, kGet, true) + begun);
    world.Run(seconds(4));
    EXPECT_FALSE(client.ended());
    world.Run(seconds(2));
    EXPECT_TRUE(client.ended());
  }
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_header_timeout"), 2);
}

TEST(Http2Scenario, EachHeaderBlockHasItsOwnTime) {
  World world(EdgeBootstrap({.http_options = "request_headers_timeout: 5s"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  Peer& client = world.Connect();
  const std::string head = Headers(1, kGet, true);
  std::string next = ClientPreface() + head.substr(0, 20);
  for (uint32_t id = 1; id < 9; id += 2) {
    world.Say(client, next);
    world.Run(seconds(4));
    // The rest of this one, and the beginning of the next.
    next = Headers(id, kGet, true).substr(20) + Headers(id + 2, kGet, true).substr(0, 20);
  }
  world.Say(client, next);
  EXPECT_FALSE(client.ended());
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_2xx"), 4);
}

// --- Attacks

TEST(Http2Scenario, RapidResetsEndTheConnectionAndCancelUpstream) {
  World world(EdgeBootstrap());
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& other = world.Connect();
  Peer& client = world.Connect();
  std::string attack = ClientPreface();
  for (uint32_t id = 1; id < 20001; id += 2) {
    attack += Headers(id, kGet, true) + Frame(http::h2::kRstStream, 0, id, Number(8, 4));
  }
  world.Say(client, attack);
  world.Run(seconds(1));
  EXPECT_EQ(Count(client.received(), http::h2::kGoaway), 1u);
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_too_many_premature_resets"), 1);
  EXPECT_LE(world.Stat("http.edge.downstream_rq_total"), 260);
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_active"), 0);
  EXPECT_EQ(world.Stat("http2.streams_active"), 0);
  up.AnswerAll(kOk);
  world.Say(other, "GET / HTTP/1.1\r\nhost: a.example\r\n\r\n");
  EXPECT_THAT(other.received(), testing::StartsWith("HTTP/1.1 200"));
}

// Requests that are given up after a while are no attack: clients have deadlines.
TEST(Http2Scenario, OnlyYoungRequestsAreResetPrematurely) {
  struct Case {
    std::string_view runtime;
    seconds lifetime;
    bool ends;
  };
  const Case cases[] = {
      {"", seconds(3), false},
      {"", seconds(1), true},
      {"overload.premature_reset_min_stream_lifetime_seconds: 9", seconds(3), true},
      {"overload.premature_reset_total_stream_count: 2000", seconds(1), false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.runtime);
    World world(EdgeBootstrap() + StrCat("layered_runtime: { layers: [ { name: s, static_layer: { ",
                                         c.runtime, " } } ] }\n"));
    ASSERT_TRUE(world.status().ok()) << world.status();
    world.AddUpstream("10.0.0.1:80");
    Peer& client = world.Connect();
    world.Say(client, ClientPreface());
    for (uint32_t id = 1; id < 601; id += 100) {
      std::string requests, resets;
      for (uint32_t at = id; at < id + 100; at += 2) {
        requests += Headers(at, kGet, true);
        resets += Frame(http::h2::kRstStream, 0, at, Number(8, 4));
      }
      world.Say(client, requests);
      world.Run(c.lifetime);
      world.Say(client, resets);
    }
    EXPECT_EQ(world.Stat("http.edge.downstream_rq_too_many_premature_resets"), c.ends ? 1 : 0);
    EXPECT_EQ(client.ended(), c.ends);
  }
}

// A reset at each stage of a request: nothing is left behind on either side.
TEST(Http2Scenario, AResetAtAnyStageLeavesNothing) {
  const FieldList post = {
      {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};
  for (int stage = 0; stage < 5; ++stage) {
    SCOPED_TRACE(stage);
    World world(EdgeBootstrap());
    Upstream& up = world.AddUpstream("10.0.0.1:80");
    Peer& client = world.Connect();
    const std::string reset = Frame(http::h2::kRstStream, 0, 1, Number(8, 4));
    if (stage == 0) {
      world.Say(client, ClientPreface() + Headers(1, post, false) + reset);
    } else {
      world.Say(client, ClientPreface() + Headers(1, post, false));
      if (stage > 1) world.Say(client, Data(1, "part", false));
      if (stage > 2) world.Say(up.last(), "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n");
      if (stage > 3) world.Say(up.last(), "some");
      world.Say(client, reset);
    }
    world.Run(seconds(1));
    EXPECT_EQ(world.Stat("cluster.web.upstream_rq_active"), 0);
    // One on which a request has begun is not used again.
    EXPECT_EQ(world.Stat("cluster.web.upstream_cx_active"), stage == 0 ? 1 : 0);
    EXPECT_EQ(world.Stat("http.edge.downstream_rq_active"), 0);
    EXPECT_EQ(world.Stat("http2.streams_active"), 0);
    EXPECT_EQ(world.Stat("http2.rx_reset"), 1);
    EXPECT_FALSE(client.ended());
  }
}

}  // namespace
}  // namespace weir::scenario
