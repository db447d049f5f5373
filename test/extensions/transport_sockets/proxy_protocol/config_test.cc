// What is refused of the transport socket's configuration, and when two are the same.
#include "source/extensions/transport_sockets/proxy_protocol/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::extensions::transport_sockets::proxy_protocol {
namespace {

using testing::HasSubstr;

constexpr char kType[] =
    "type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3."
    "ProxyProtocolUpstreamTransport";
constexpr char kRaw[] =
    "transport_socket: { name: raw, typed_config: { \"@type\": "
    "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer } }";

std::string Socket(const std::string& fields) {
  return std::string("transport_socket: { name: proxy, typed_config: { \"@type\": ") + kType +
         ", " + fields + " } }";
}
// Why the socket was refused; "" when it was not.
std::string Refusal(const std::string& fields) {
  const scenario::World world(scenario::EdgeBootstrap({.cluster_options = Socket(fields) + "\n"}));
  return std::string(world.status().message());
}

TEST(UpstreamProxyProtocolConfig, WhatMakesNoSenseIsRefused) {
  EXPECT_EQ(Refusal(kRaw), "");
  EXPECT_EQ(Refusal(StrCat(kRaw, ", tlv_as_pool_key: true")), "");
  EXPECT_THAT(Refusal("config: { version: V1 }"), HasSubstr("transport_socket"));
  EXPECT_THAT(Refusal(StrCat(kRaw, ", config: { added_tlvs: [{ type: 1, value: YQ== }] }")),
              HasSubstr("V1 has no TLVs"));
  EXPECT_THAT(Refusal(StrCat(kRaw, ", config: { pass_through_tlvs: {} }")),
              HasSubstr("V1 has no TLVs"));
  EXPECT_THAT(
      Refusal(StrCat(kRaw, ", config: { version: V2, added_tlvs: [{ type: 256, value: YQ== }] }")),
      HasSubstr("added_tlvs[0].type"));
  EXPECT_THAT(Refusal(Socket(kRaw)), HasSubstr("one PROXY header"));
}

TEST(UpstreamProxyProtocolConfig, EveryFieldMakesADifference) {
  const ProxyProtocolConfig plain;
  EXPECT_TRUE(plain.Equals(ProxyProtocolConfig()));
  ProxyProtocolConfig others[4];
  others[0].header.version = net::ProxyVersion::kV2;
  others[1].header.pass_through.all = true;
  others[2].header.added.push_back({1, "a"});
  others[3].inner = std::make_shared<ProxyProtocolConfig>();
  for (const ProxyProtocolConfig& other : others) EXPECT_FALSE(plain.Equals(other));
}

}  // namespace
}  // namespace weir::extensions::transport_sockets::proxy_protocol
