#include "source/xds/wire.h"

#include "gtest/gtest.h"
#include "source/xds/resource_sink.h"
#include "test/xds/bench.h"

namespace weir::xds {
namespace {

TEST(NameInFieldOneTest, Table) {
  struct Case {
    std::string bytes;
    std::string name;  // Empty: an error.
  };
  const Case cases[] = {
      {Bytes("web", "x"), "web"},
      {std::string("\x12\x01x\x0a\x03web", 8), "web"},  // After another field.
      {std::string("\x0a\x01"
                   "a\x0a\x01"
                   "b",
                   6),
       "b"},  // The last one counts.
      {std::string("\x08\x05\x0a\x01"
                   "a",
                   5),
       "a"},                               // Field 1 as a number is another's.
      {std::string("\x0a\x05we", 4), ""},  // Cut short.
      {std::string("\x12\x01x", 3), ""},
      {"", ""},
      {std::string("\x0a\x00", 2), ""},
      {"not a message", ""},
  };
  for (const Case& c : cases) {
    const auto name = NameInFieldOne(c.bytes);
    EXPECT_EQ(name.ok(), !c.name.empty()) << c.name;
    if (name.ok()) {
      EXPECT_EQ(*name, c.name);
    }
  }
}

TEST(WireTest, ParsesWrappersInBothVariants) {
  const std::vector<Entry> entries = {
      {.name = "a", .content = "1", .version = "7", .ttl_seconds = 3},
      {.name = "b", .content = "", .version = "8", .heartbeat = true}};
  for (const Variant variant : {Variant::kSotw, Variant::kDelta}) {
    const auto response =
        ParseResponse(variant, variant == Variant::kSotw ? Sotw(kClusters, "v", "n", entries)
                                                         : Delta(kClusters, "v", "n", entries));
    ASSERT_TRUE(response.ok());
    EXPECT_EQ(response->version, "v");
    EXPECT_EQ(response->nonce, "n");
    ASSERT_EQ(response->resources.size(), 2u);
    const WireResource& first = response->resources[0];
    EXPECT_EQ(first.name, "a");
    EXPECT_EQ(first.version, "7");
    EXPECT_EQ(first.type_url, kClusters);
    EXPECT_EQ(*first.bytes, Bytes("a", "1"));
    EXPECT_EQ(first.ttl, event::Duration(std::chrono::seconds(3)));
    EXPECT_FALSE(response->resources[1].bytes.has_value());
    EXPECT_FALSE(response->resources[1].ttl.has_value());
  }
}

TEST(WireTest, RefusesWhatIsNoMessage) {
  EXPECT_FALSE(ParseResponse(Variant::kSotw, "\x0a\xff").ok());
  EXPECT_FALSE(ParseResponse(Variant::kDelta, "\x0a\xff").ok());
  EXPECT_FALSE(NodeWithFeatures("\x0a\xff").ok());
}

TEST(WireTest, TheNodeSaysWhatThisClientCan) {
  envoy::config::core::v3::Node node;
  node.set_id("n");
  node.add_client_features("xds.config.supports-resource-ttl");
  node.add_client_features("other");
  const auto bytes = NodeWithFeatures(node.SerializeAsString());
  ASSERT_TRUE(bytes.ok());
  ASSERT_TRUE(node.ParseFromString(*bytes));
  EXPECT_EQ(node.id(), "n");
  EXPECT_EQ(Join(node.client_features(), ","),
            "xds.config.supports-resource-ttl,other,xds.config.resource-in-sotw,"
            "xds.config.supports-resource-in-sotw");
}

TEST(WireTest, ARefusalCarriesItsCode) {
  discovery::DiscoveryRequest request;
  ASSERT_TRUE(request.ParseFromString(
      SerializeRequest(Variant::kSotw, {.type_url = kClusters, .error = "why"})));
  EXPECT_EQ(request.error_detail().code(), 3);
  EXPECT_EQ(request.error_detail().message(), "why");
}

}  // namespace
}  // namespace weir::xds
