// What is refused of the filter's configuration, and when two are the same.
#include "source/extensions/listener/proxy_protocol/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::extensions::listener::proxy_protocol {
namespace {

using testing::HasSubstr;

// Why the filter was refused; "" when it was not.
std::string Refusal(const std::string& fields) {
  const scenario::World world(scenario::EdgeBootstrap(
      {.listener_options = "listener_filters: [{ name: proxy, typed_config: { \"@type\": "
                           "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol."
                           "v3.ProxyProtocol, " +
                           fields + " } }]\n"}));
  return std::string(world.status().message());
}

TEST(ProxyProtocolConfig, WhatMakesNoSenseIsRefused) {
  EXPECT_EQ(Refusal("rules: [{ tlv_type: 255, on_tlv_present: { key: a } }]"), "");
  EXPECT_THAT(Refusal("rules: [{ tlv_type: 256, on_tlv_present: { key: a } }]"),
              HasSubstr("rules[0].tlv_type"));
  EXPECT_THAT(Refusal("rules: [{ tlv_type: 1, on_tlv_present: { key: \"\" } }]"),
              HasSubstr("rules[0].on_tlv_present.key"));
  EXPECT_THAT(Refusal("disallowed_versions: [V1, V2]"), HasSubstr("disallowed_versions"));
  EXPECT_EQ(Refusal("disallowed_versions: [V1, V2], allow_requests_without_proxy_protocol: true"),
            "");
  EXPECT_EQ(Refusal("tlv_location: FILTER_STATE"), "");
  EXPECT_THAT(Refusal("pass_through_tlvs: { match_type: INCLUDE, tlv_type: [256] }"),
              HasSubstr("pass_through_tlvs.tlv_type"));
}

TEST(ProxyProtocolConfig, EveryFieldMakesADifference) {
  const ProxyProtocolConfig plain;
  EXPECT_TRUE(plain.Equals(ProxyProtocolConfig()));
  ProxyProtocolConfig others[7];
  others[0].rules.push_back({.type = 1});
  others[1].allow_without = true;
  others[2].allow_v1 = false;
  others[3].allow_v2 = false;
  others[4].pass_through.all = true;
  others[5].stat_prefix = "edge";
  others[6].to_filter_state = true;
  for (const ProxyProtocolConfig& other : others) EXPECT_FALSE(plain.Equals(other));
}

}  // namespace
}  // namespace weir::extensions::listener::proxy_protocol
