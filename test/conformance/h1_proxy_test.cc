// Replays h1_cases.jsonl and h1_response_cases.jsonl against the running proxy, in memory: the edge
// profile of docs/http1_choices.md between a raw client and an upstream that records what it really
// received. Each case whole, and again cut at random by the network.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "source/base/strings.h"
#include "test/conformance/strict_upstream.h"
#include "test/http/conformance_cases.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::conformance {
namespace {

using http::ConformanceCase;
using http::ReadConformanceCases;
using scenario::Peer;
using scenario::World;

// The case leaves the policy open, and the edge profile's is another than the one it expects: the
// status by which it refuses.
const std::map<std::string, int> kRefusedByPolicy = {
    {"H1-RL-55", 400},  // path_with_escaped_slashes_action: REJECT_REQUEST
};

// Envoy's own fields for a proxy that strangers talk to; docs/http1_choices.md explains each.
constexpr char kEdgeProfile[] =
    "use_remote_address: true\n"
    "normalize_path: true\n"
    "merge_slashes: false\n"
    "path_with_escaped_slashes_action: REJECT_REQUEST\n"
    "common_http_protocol_options: { headers_with_underscores_action: REJECT_REQUEST }\n"
    "request_headers_timeout: 10s\n";

// For cases with a limit on bodies.
constexpr char kOneMegabyte[] =
    "- name: buffer\n"
    "  typed_config:\n"
    "    \"@type\": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer\n"
    "    max_request_bytes: 1048576\n";

constexpr char kRoutes[] =
    "- match: { path: /local404 }\n"
    "  direct_response: { status: 404, body: { inline_string: none } }\n"
    "- match: { path: \"*\" }\n"
    "  route: { cluster: web }\n"
    "- match: { prefix: / }\n"
    "  route: { cluster: web }\n";

scenario::Edge EdgeFor(const ConformanceCase& test) {
  scenario::Edge edge;
  edge.routes = kRoutes;
  edge.http_options = kEdgeProfile;
  const std::string config = test.Text("config");
  if (config == "max body 1 MiB") edge.http_filters = kOneMegabyte;
  if (config == "codec HTTP1") edge.http_options += "codec_type: HTTP1\n";
  if (config.starts_with("websocket enabled")) {
    edge.http_options += "upgrade_configs: [ { upgrade_type: websocket } ]\n";
  }
  // Only where the case says so, or where the request of a response case is of that version.
  if (config == "accept_http_10" || test.Text("request").find(" HTTP/1.0\r\n") < 100) {
    edge.http_options += "http_protocol_options: { accept_http_10: true }\n";
  }
  return edge;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), AsciiToLower);
  return text;
}

int LastStatus(const std::string& output) {
  const size_t at = output.rfind("HTTP/1.1 ");
  return at == std::string::npos ? 0 : std::stoi(output.substr(at + 9, 3));
}

scenario::WorldOptions Network(bool chop) {
  scenario::WorldOptions options;
  options.network.chop = chop;
  return options;
}

// Long enough for every byte of the longest case, and shorter than any timeout.
constexpr auto kSettled = std::chrono::milliseconds(500);

void JudgeRefusal(const ConformanceCase& test, const Peer& client, const StrictUpstream& up) {
  const auto allowed = test.Numbers("status");
  EXPECT_EQ(std::count(allowed.begin(), allowed.end(), LastStatus(client.received())), 1)
      << client.received().substr(0, 300);
  EXPECT_TRUE(client.ended() || client.failed()) << "the connection stays open";
  EXPECT_EQ(up.requests().size(), static_cast<size_t>(test.Number("upstream_requests", 0)));
}

void JudgeForwarding(const ConformanceCase& test, const StrictUpstream& up) {
  // Where refusing is allowed too, there is nothing to look at.
  if (up.requests().empty() && test.Number("upstream_requests", 0) == 0) return;
  const std::string forwarded = Lower(up.all());
  for (const std::string& text : test.Texts("forward_has")) {
    EXPECT_NE(forwarded.find(Lower(text)), std::string::npos) << text << "\n" << forwarded;
  }
  for (const std::string& text : test.Texts("forward_lacks")) {
    EXPECT_EQ(forwarded.find(Lower(text)), std::string::npos) << text << "\n" << forwarded;
  }
}

void ReplayRequest(const ConformanceCase& test, bool chop) {
  World world(scenario::EdgeBootstrap(EdgeFor(test)), Network(chop));
  ASSERT_TRUE(world.status().ok()) << world.status();
  StrictUpstream up(world, "10.0.0.1:80");
  Peer& client = world.Connect();
  client.Send(test.Text("request"));
  world.Run(kSettled);
  if (test.Flag("half_close")) {
    client.EndWrites();
    world.Run(kSettled);
  }
  const auto wanted = static_cast<size_t>(test.Number("upstream_requests", 0));
  const size_t most = std::max(wanted, static_cast<size_t>(test.Number("max_upstream", 0)));
  EXPECT_LE(up.requests().size(), most) << up.all();
  if (const auto policy = kRefusedByPolicy.find(test.id()); policy != kRefusedByPolicy.end()) {
    EXPECT_EQ(LastStatus(client.received()), policy->second);
    EXPECT_EQ(up.all(), "");
    return;
  }
  const std::string expect = test.Text("expect");
  if (expect == "reject400") return JudgeRefusal(test, client, up);
  EXPECT_GE(up.requests().size(), wanted) << client.received();
  if (expect == "close") {
    EXPECT_TRUE(client.ended() || client.failed());
  } else {
    EXPECT_EQ(up.rest(), "") << "bytes that belong to no request reached the upstream";
    JudgeForwarding(test, up);
  }
}

TEST(ProxyConformance, EveryRequestIsRefusedOrForwardedAsItsCaseSays) {
  int judged = 0;
  for (const ConformanceCase& test : ReadConformanceCases("h1_cases.jsonl")) {
    for (const bool chop : {false, true}) {
      SCOPED_TRACE(StrCat(test.id(), chop ? " chopped" : "", ": ", test.Text("note")));
      ReplayRequest(test, chop);
    }
    ++judged;
  }
  EXPECT_EQ(judged, 232);
}

void JudgeAnswer(const ConformanceCase& test, const std::string& received) {
  const auto allowed = test.Numbers("status");
  EXPECT_EQ(std::count(allowed.begin(), allowed.end(), LastStatus(received)), 1)
      << received.substr(0, 300);
  const std::string heard = Lower(received);
  for (const std::string& text : test.Texts("client_has")) {
    EXPECT_NE(heard.find(Lower(text)), std::string::npos) << text << "\n" << heard;
  }
  for (const std::string& text : test.Texts("client_lacks")) {
    EXPECT_EQ(heard.find(Lower(text)), std::string::npos) << text << "\n" << heard;
  }
}

void ReplayResponse(const ConformanceCase& test, bool chop) {
  World world(scenario::EdgeBootstrap(EdgeFor(test)), Network(chop));
  ASSERT_TRUE(world.status().ok()) << world.status();
  StrictUpstream up(world, "10.0.0.1:80");
  up.AnswerWith(test.Text("upstream"), test.Flag("upstream_closes"));
  Peer& client = world.Connect();
  client.Send(test.Text("request"));
  world.Run(kSettled);
  JudgeAnswer(test, client.received());
  // Whoever asks next: on the same connection to the upstream, or on a new one.
  up.AnswerWith("", false);
  Peer& next = world.Connect();
  world.Say(next, "GET /next HTTP/1.1\r\nHost: a.example\r\n\r\n");
  world.Run(kSettled);
  EXPECT_TRUE(next.received().ends_with("\r\n\r\nok")) << next.received();
  EXPECT_EQ(LastStatus(next.received()), 200);
  if (!test.Has("upstream_reusable")) return;
  // Cut by the network, an answer is complete before its unasked-for rest comes; the connection is
  // then found unusable when that arrives, before it is used again.
  EXPECT_EQ(up.connection_count(), test.Flag("upstream_reusable") ? 1u : 2u);
}

TEST(ProxyConformance, EveryAnswerIsPassedOrReplacedAsItsCaseSays) {
  int judged = 0;
  for (const ConformanceCase& test : ReadConformanceCases("h1_response_cases.jsonl")) {
    for (const bool chop : {false, true}) {
      SCOPED_TRACE(StrCat(test.id(), chop ? " chopped" : "", ": ", test.Text("note")));
      ReplayResponse(test, chop);
    }
    ++judged;
  }
  EXPECT_EQ(judged, 37);
}

}  // namespace
}  // namespace weir::conformance
