#include "source/control/engine/response.h"

#include <string>

#include "gtest/gtest.h"

namespace weir::control::engine {
namespace {

Response ResponseWith(std::string_view type_url, ResourcePtr resource) {
  Response response;
  response.type_url = type_url;
  response.version = "1";
  response.resources = {std::move(resource)};
  return response;
}

TEST(ResponseEncoder, EncodesEqualResponsesOnce) {
  const ResourcePtr cluster = MakeResource(std::string(kClusterType), "a", "bytes");
  ResponseEncoder encoder;
  const EncodedResponse first = encoder.Encode(ResponseWith(kClusterType, cluster));
  EXPECT_EQ(encoder.Encode(ResponseWith(kClusterType, cluster)).body, first.body);
  EXPECT_EQ(encoder.encoded_bodies(), 1u);
}

TEST(ResponseEncoder, HoldsNoSecretThatNobodyElseHolds) {
  ResourcePtr secret = MakeResource(std::string(kSecretType), "a", "key");
  ResponseEncoder encoder;
  EncodedResponse sent = encoder.Encode(ResponseWith(kSecretType, secret));
  const std::weak_ptr<const Resource> resource = secret;
  const std::weak_ptr<const std::string> body = sent.body;
  secret.reset();
  sent.body.reset();
  EXPECT_TRUE(resource.expired());
  EXPECT_TRUE(body.expired());
}

}  // namespace
}  // namespace weir::control::engine
