// The filter in the whole proxy: what logs say of its metadata.

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/extensions/http/set_metadata/config.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::extensions::http::set_metadata {
namespace {

using scenario::World;
using testing::ElementsAre;
using testing::HasSubstr;

std::string Filter(std::string_view name, std::string_view fields) {
  return StrCat("- name: ", name,
                "\n  typed_config: { \"@type\": type.googleapis.com/"
                "envoy.extensions.filters.http.set_metadata.v3.Config, ",
                fields, " }\n");
}

// The metadata under "ns" of a request that passed these filters.
std::vector<std::string> MetadataBehind(const std::string& filters) {
  World world(scenario::EdgeBootstrap(
      {.routes = "- match: { prefix: / }\n  direct_response: { status: 200 }\n",
       .http_filters = filters,
       .log_format = "%DYNAMIC_METADATA(ns)%"}));
  EXPECT_TRUE(world.status().ok()) << world.status();
  world.Say(world.Connect(), "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  return world.log().lines();
}

TEST(SetMetadata, AddsWhatItSays) {
  EXPECT_THAT(MetadataBehind(""), ElementsAre("-"));
  EXPECT_THAT(MetadataBehind(Filter("one", "metadata_namespace: ns, value: { a: 1 }")),
              ElementsAre("{\"a\":1}"));
  EXPECT_THAT(MetadataBehind(Filter("one",
                                    "metadata: [ { metadata_namespace: ns, value: { a: 1 } }, { "
                                    "metadata_namespace: other, value: { b: 1 } } ]")),
              ElementsAre("{\"a\":1}"));
}

TEST(SetMetadata, AddsToWhatIsThereWhereItMay) {
  const std::string first = Filter("one", "metadata_namespace: ns, value: { a: 1, l: [ 1 ] }");
  const auto second = [](std::string_view overwrite) {
    return Filter("two", StrCat("metadata: [ { metadata_namespace: ns, allow_overwrite: ",
                                overwrite, ", value: { b: 2, l: [ 2 ] } } ]"));
  };
  EXPECT_THAT(MetadataBehind(first + second("true")), ElementsAre("{\"a\":1,\"b\":2,\"l\":[1,2]}"));
  EXPECT_THAT(MetadataBehind(first + second("false")), ElementsAre("{\"a\":1,\"l\":[1]}"));
}

TEST(SetMetadata, SaysWhatIsWrong) {
  const auto refusal = [](std::string_view fields) {
    World world(scenario::EdgeBootstrap({.http_filters = Filter("one", fields)}));
    return std::string(world.status().message());
  };
  EXPECT_THAT(refusal("value: { a: 1 }"), HasSubstr("metadata_namespace: a namespace is missing"));
  EXPECT_THAT(refusal("metadata: [ { metadata_namespace: ns } ]"),
              HasSubstr("metadata[0].value: a value is missing"));
  EXPECT_THAT(refusal("metadata: [ { metadata_namespace: ns, typed_value: {} } ]"),
              HasSubstr("typed_value"));
}

TEST(SetMetadata, IsEqualByMeaning) {
  SetMetadataConfig a, b;
  a.entries = b.entries = {{.metadata_namespace = "ns", .value = Value::Number(1)}};
  EXPECT_TRUE(a.Equals(b));
  b.entries[0].allow_overwrite = true;
  EXPECT_FALSE(a.Equals(b));
}

}  // namespace
}  // namespace weir::extensions::http::set_metadata
