#include "source/schema/full_pool.h"

#include "envoy/config/listener/v3/listener.pb.h"
#include "gtest/gtest.h"
#include "source/schema/resource_type.h"
#include "source/schema/wire_table.h"

namespace weir::schema {
namespace {

using google::protobuf::FieldDescriptor;

TEST(FullPool, HasEveryMessageOfTheTableWithAllItsFields) {
  size_t messages = 0;
  for (const auto& [name, wire] : WireMessages()) {
    const auto* type = FindMessage(name);
    ASSERT_NE(type, nullptr) << name;
    ASSERT_EQ(static_cast<size_t>(type->field_count()), wire.fields.size()) << name;
    EXPECT_EQ(type->file()->name(), wire.file);
    for (const WireField& expected : wire.fields) {
      const auto* field = type->FindFieldByNumber(expected.number);
      ASSERT_NE(field, nullptr) << name << " " << expected.name;
      EXPECT_EQ(field->name(), expected.name);
      EXPECT_EQ(field->json_name(), expected.json_name);
      EXPECT_EQ(field->is_map(), expected.label == WireField::Label::kMap)
          << name << " " << expected.name;
    }
    ++messages;
  }
  EXPECT_EQ(messages, 1368u);
}

TEST(FullPool, HasTopLevelEnumsAndWellKnownTypes) {
  EXPECT_NE(FullPool().FindEnumTypeByName("envoy.config.core.v3.RoutingPriority"), nullptr);
  EXPECT_NE(FullPool().FindEnumTypeByName("envoy.config.cluster.v3.Cluster.LbPolicy"), nullptr);
  EXPECT_NE(FindMessage("google.protobuf.Any"), nullptr);
  EXPECT_NE(FindMessage("google.protobuf.DoubleValue"), nullptr);
  EXPECT_NE(FindMessage("google.rpc.Status"), nullptr);
  EXPECT_EQ(FindMessage("envoy.config.core.v3.Nothing"), nullptr);
  EXPECT_EQ(FindMessage(""), nullptr);
}

TEST(FullPool, CarriesBytesOfOtherApis) {
  auto message = NewMessage(*FindMessage("google.api.expr.v1alpha1.Expr"));
  const std::string bytes(
      "\x12\x03"
      "abc",
      5);
  ASSERT_TRUE(message->ParseFromString(bytes));
  EXPECT_EQ(message->SerializeAsString(), bytes);
}

TEST(FullPool, CarriesBytesOfOurMessagesUnchanged) {
  envoy::config::listener::v3::Listener listener;
  listener.set_name("a");
  listener.mutable_address()->mutable_socket_address()->set_port_value(0);
  listener.add_filter_chains()->set_name("c");
  auto full = NewMessageByTypeUrl(kListenerTypeUrl);
  ASSERT_TRUE(full->ParseFromString(listener.SerializeAsString()));
  EXPECT_EQ(full->SerializeAsString(), listener.SerializeAsString());
}

TEST(ResourceType, NamesOfPeopleBecomeTypeUrls) {
  EXPECT_EQ(TypeUrlFromText("clusters"), kClusterTypeUrl);
  EXPECT_EQ(TypeUrlFromText("Endpoint"), kClusterLoadAssignmentTypeUrl);
  EXPECT_EQ(TypeUrlFromText("RDS"), kRouteConfigurationTypeUrl);
  EXPECT_EQ(TypeUrlFromText("scoped-routes"), kScopedRouteConfigurationTypeUrl);
  EXPECT_EQ(TypeUrlFromText("envoy.config.listener.v3.Listener"), kListenerTypeUrl);
  EXPECT_EQ(TypeUrlFromText(kListenerTypeUrl), kListenerTypeUrl);
  EXPECT_EQ(TypeUrlFromText("cheese"), std::nullopt);
  EXPECT_EQ(ShortTypeName(kClusterTypeUrl), "cluster");
}

TEST(ResourceType, NameComesFromMessageOrBytes) {
  auto endpoints = NewMessageByTypeUrl(kClusterLoadAssignmentTypeUrl);
  endpoints->GetReflection()->SetString(
      endpoints.get(), endpoints->GetDescriptor()->FindFieldByName("cluster_name"), "web");
  EXPECT_EQ(ResourceName(*endpoints), "web");
  EXPECT_EQ(ResourceNameOfBytes(kClusterLoadAssignmentTypeUrl, endpoints->SerializeAsString()),
            "web");
  EXPECT_EQ(ResourceNameOfBytes(kClusterTypeUrl, "\x0a\x7f"), "");
  EXPECT_EQ(ResourceNameOfBytes("t/unknown", "\x0a\x01z"), "");
}

}  // namespace
}  // namespace weir::schema
