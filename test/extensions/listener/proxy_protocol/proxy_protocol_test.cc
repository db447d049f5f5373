// The proxy_protocol listener filter in the whole proxy: whose connection it is, what the TLVs say,
// and what is refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"
#include "test/tls/hello_bytes.h"

namespace weir::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kGet[] = "GET /x HTTP/1.1\r\nhost: a.example\r\n\r\n";
constexpr char kOk[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
constexpr char kLine[] = "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n";
constexpr char kLogFormat[] =
    "%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% "
    "%DOWNSTREAM_DIRECT_LOCAL_ADDRESS% "
    "%DYNAMIC_METADATA(envoy.filters.listener.proxy_protocol:id)% "
    "%DYNAMIC_METADATA(mine:raw)%";

// Version 2 with the addresses of kLine and `tlvs`.
std::string Binary(std::string_view tlvs = {}) {
  std::string bytes("\r\n\r\n\0\r\nQUIT\n\x21\x11", 14);
  bytes.push_back(static_cast<char>((12 + tlvs.size()) >> 8));
  bytes.push_back(static_cast<char>((12 + tlvs.size()) & 0xFF));
  bytes += std::string_view("\xC0\0\x02\x01\xC6\x33\x64\x07\xDC\x04\x01\xBB", 12);
  return bytes + std::string(tlvs);
}

std::string Filters(const std::string& options, const std::string& more = "") {
  return StrCat(
      "listener_filters: [{ name: proxy, typed_config: { \"@type\": "
      "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol, ",
      options, " } }", more, "]\n");
}

// A proxy with the filter and an upstream that answers.
struct ProxiedWorld : World {
  explicit ProxiedWorld(const std::string& options = "")
      : World(EdgeBootstrap({.listener_options = Filters(options), .log_format = kLogFormat})) {
    EXPECT_TRUE(status().ok()) << status();
    AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  }
  // Whether a request behind `header` is answered.
  bool Serves(std::string_view header) {
    Peer& client = Connect();
    Say(client, StrCat(header, kGet));
    return client.received().starts_with("HTTP/1.1 200 ");
  }
};

TEST(ProxyProtocol, TheConnectionIsThatOfTheHeader) {
  for (const std::string& header : {std::string(kLine), Binary()}) {
    ProxiedWorld world;
    EXPECT_TRUE(world.Serves(header));
    world.Run();
    EXPECT_THAT(world.log().lines(),
                ElementsAre("192.0.2.1:56324 198.51.100.7:443 10.0.0.100:80 - -"));
    const bool v1 = header == kLine;
    EXPECT_EQ(world.Stat("proxy_proto.versions.v1.found"), v1 ? 1 : 0);
    EXPECT_EQ(world.Stat("proxy_proto.versions.v2.found"), v1 ? 0 : 1);
  }
}

TEST(ProxyProtocol, TheHeaderMayComeByteByByte) {
  for (const std::string& header : {std::string(kLine), Binary()}) {
    ProxiedWorld world;
    Peer& client = world.Connect();
    for (const char c : header + kGet) world.Say(client, {&c, 1});
    EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 "));
  }
}

TEST(ProxyProtocol, LocalAndUnknownLeaveTheAddresses) {
  const std::string local("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16);
  for (const std::string& header : {std::string("PROXY UNKNOWN\r\n"), local}) {
    ProxiedWorld world;
    EXPECT_TRUE(world.Serves(header));
    world.Run();
    EXPECT_THAT(world.log().lines(), ElementsAre(HasSubstr(" 10.0.0.100:80 10.0.0.100:80 - -")));
  }
}

TEST(ProxyProtocol, RulesMakeMetadataOfTlvs) {
  ProxiedWorld world(
      "rules: [{ tlv_type: 234, on_tlv_present: { key: id } }, { tlv_type: 235, on_tlv_present: { "
      "metadata_namespace: mine, key: raw, value_string_encoding: BASE64 } }, { tlv_type: 236 }]");
  EXPECT_TRUE(
      world.Serves(Binary(std::string("\xEA\0\x06vpc-\xFF"
                                      "1\xEB\0\x02\x01\x02\xEC\0\x01x",
                                      18))));
  world.Run();
  EXPECT_THAT(world.log().lines(), ElementsAre(testing::EndsWith(" vpc-!1 AQI=")));
}

// A TLV of type 234 with the value "blue".
std::string Blue() {
  return Binary(
      std::string("\xEA\0\x04"
                  "blue",
                  7));
}

TEST(ProxyProtocol, RoutesMatchWhatTlvsSay) {
  World world(EdgeBootstrap(
      {.routes = "- match: { prefix: /, dynamic_metadata: [ { filter: "
                 "envoy.filters.listener.proxy_protocol, path: [ { key: vpc } ], value: { "
                 "string_match: { exact: blue } } } ] }\n  direct_response: { status: 201 }\n"
                 "- match: { prefix: / }\n  direct_response: { status: 202 }\n",
       .listener_options = Filters("rules: [{ tlv_type: 234, on_tlv_present: { key: vpc } }]")}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& blue = world.Connect();
  world.Say(blue, StrCat(Blue(), kGet));
  EXPECT_THAT(blue.received(), testing::StartsWith("HTTP/1.1 201 "));
  Peer& other = world.Connect();
  world.Say(other, StrCat(Binary(), kGet));
  EXPECT_THAT(other.received(), testing::StartsWith("HTTP/1.1 202 "));
}

TEST(ProxyProtocol, TlvsMayBecomeAnObject) {
  constexpr std::string_view kState = "envoy.network.proxy_protocol.tlv";
  World world(EdgeBootstrap(
      {.routes = "[]\n",
       .listener_options =
           Filters("tlv_location: FILTER_STATE, rules: [{ tlv_type: 234, on_tlv_present: { key: "
                   "vpc } }]"),
       .virtual_host_options = StrCat(
           "matcher: { matcher_tree: { input: { name: i, typed_config: { \"@type\": "
           "type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3."
           "FilterStateInput, key: ",
           kState,
           ", field: vpc } }, exact_match_map: { map: { blue: { action: { name: r, typed_config: "
           "{ \"@type\": type.googleapis.com/envoy.config.route.v3.Route, match: { prefix: / }, "
           "direct_response: { status: 201 } } } } } } } }\n"),
       .log_format = StrCat("%FILTER_STATE(", kState,
                            ":FIELD:vpc)% %DYNAMIC_METADATA(envoy.filters.listener."
                            "proxy_protocol:vpc)%")}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& blue = world.Connect();
  world.Say(blue, StrCat(Blue(), kGet));
  EXPECT_THAT(blue.received(), testing::StartsWith("HTTP/1.1 201 "));
  EXPECT_THAT(world.log().lines(), ElementsAre("blue -"));
}

struct Refusal {
  std::string options, header;
  std::string_view stat;
};

TEST(ProxyProtocol, WhatIsNotAllowedIsClosedAndCounted) {
  const Refusal refusals[] = {
      {"", "", "proxy_proto.not_found_disallowed"},
      {"stat_prefix: edge", "", "proxy_proto.edge.not_found_disallowed"},
      {"", "PROXY TCP4 1.2.3.4\r\n", "proxy_proto.versions.v1.error"},
      {"", Binary(std::string("\xEA\0\x06v", 4)), "proxy_proto.versions.v2.error"},
      {"disallowed_versions: [V1]", kLine, "proxy_proto.versions.v1.disallowed"},
      {"disallowed_versions: [V2]", Binary(), "proxy_proto.versions.v2.disallowed"},
      {"allow_requests_without_proxy_protocol: true", "PROXY X\r\n",
       "proxy_proto.versions.v1.error"},
  };
  for (const Refusal& refusal : refusals) {
    ProxiedWorld world(refusal.options);
    EXPECT_FALSE(world.Serves(refusal.header)) << refusal.stat;
    EXPECT_EQ(world.Stat(refusal.stat), 1) << refusal.stat;
  }
}

TEST(ProxyProtocol, WhereItMayBeMissingTheBytesAreLeft) {
  ProxiedWorld world("allow_requests_without_proxy_protocol: true, disallowed_versions: [V1]");
  EXPECT_TRUE(world.Serves(""));
  EXPECT_TRUE(world.Serves(Binary()));
  EXPECT_FALSE(world.Serves(kLine)) << "it is no request either";
  EXPECT_EQ(world.Stat("proxy_proto.not_found_allowed"), 2);
  EXPECT_EQ(world.Stat("proxy_proto.versions.v2.found"), 1);
  EXPECT_EQ(world.Stat("proxy_proto.versions.v1.disallowed"), 0);
}

TEST(ProxyProtocol, AHeaderThatDoesNotEndIsEndedByTheTimeout) {
  World world(EdgeBootstrap({.listener_options = Filters("") + "listener_filters_timeout: 2s\n"}));
  Peer& client = world.Connect();
  world.Say(client, "PROXY TCP4 ");
  world.Run(std::chrono::milliseconds(1900));
  EXPECT_FALSE(client.ended() || client.failed());
  world.Run(std::chrono::milliseconds(200));
  EXPECT_TRUE(client.ended() || client.failed());
  EXPECT_EQ(world.Stat("listener.10.0.0.100_80.downstream_pre_cx_timeout"), 1);
}

TEST(ProxyProtocol, TheInspectorSeesWhatIsBehindTheHeader) {
  World world(EdgeBootstrap(
      {.listener_options =
           Filters("",
                   ", { name: tls_inspector, typed_config: { \"@type\": "
                   "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3."
                   "TlsInspector } }") +
           "access_log: [{ name: log, typed_config: { \"@type\": "
           "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog, "
           "log_format: { text_format_source: { inline_string: \"%DOWNSTREAM_REMOTE_ADDRESS% "
           "%REQUESTED_SERVER_NAME% %FILTER_CHAIN_NAME%\" } } } }]\n",
       .chain_options = "filter_chain_match: { server_names: [a.example] }\n"}));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Peer& client = world.Connect();
  world.Say(client, kLine);
  world.Say(client, tls::Record(tls::Handshake("a.example", {})));
  client.Close();
  world.Run(std::chrono::seconds(2));
  ASSERT_FALSE(world.log().lines().empty());
  EXPECT_EQ(world.log().lines().back(), "192.0.2.1:56324 a.example main");
}

}  // namespace
}  // namespace weir::scenario
