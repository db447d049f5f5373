// What a cluster says about its requests (HttpProtocolOptions) holds in the place of the route's.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
constexpr char kBusy[] = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n";
constexpr char kGet[] = "GET / HTTP/1.1\r\nhost: a.example\r\n\r\n";

// The cluster "web" with `policies`, reached by a route with `route_fields`; "copy" and "other" at
// 10.0.0.2 and 10.0.0.3.
std::string Bootstrap(std::string_view policies, std::string_view route_fields = "timeout: 15s") {
  Edge edge;
  edge.routes = StrCat("- match: { prefix: / }\n  route: { cluster: web, ", route_fields, " }\n");
  edge.cluster_options = StrCat(
      "typed_extension_protocol_options:\n"
      "  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:\n"
      "    \"@type\": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions\n"
      "    explicit_http_config: { http_protocol_options: {} }\n    ",
      policies, "\n");
  for (const auto& [name, address] :
       {std::pair("copy", "10.0.0.2"), std::pair("other", "10.0.0.3")}) {
    StrAppend(edge.more_resources, "  - name: ", name,
              "\n    type: STATIC\n    load_assignment: { cluster_name: ", name,
              ", endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { "
              "address: ",
              address, ", port_value: 80 } } } } ] } ] }\n");
  }
  return EdgeBootstrap(edge);
}

TEST(ClusterPoliciesScenario, ItsRetryPolicyHoldsWhole) {
  // The route's own, which is not merged: it would try reset streams alone, and five times.
  World world(Bootstrap("retry_policy: { retry_on: 5xx, num_retries: 2 }",
                        "retry_policy: { retry_on: reset, num_retries: 5 }"));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kBusy);
  Peer& client = world.Connect();
  world.Say(client, kGet);
  world.Run(seconds(3));
  EXPECT_EQ(up.answered(), 3u);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 "));
}

TEST(ClusterPoliciesScenario, WithoutOneTheRoutesHolds) {
  World world(Bootstrap("hash_policy: [ { header: { header_name: x } } ]",
                        "retry_policy: { retry_on: 5xx, num_retries: 3 }"));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kBusy);
  world.Say(world.Connect(), kGet);
  world.Run(seconds(3));
  EXPECT_EQ(up.answered(), 4u);
}

TEST(ClusterPoliciesScenario, ItsMirrorsTakeThePlaceOfTheRoutes) {
  World world(Bootstrap("request_mirror_policies: [ { cluster: copy } ]",
                        "request_mirror_policies: [ { cluster: other } ]"));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  Upstream& copy = world.AddUpstream("10.0.0.2:80");
  Upstream& other = world.AddUpstream("10.0.0.3:80");
  world.Say(world.Connect(), kGet);
  ASSERT_EQ(copy.connection_count(), 1u);
  EXPECT_THAT(copy.last().received(), HasSubstr("host: a.example-shadow\r\n"));
  EXPECT_EQ(other.connection_count(), 0u);
}

TEST(ClusterPoliciesScenario, ItsHashPolicyTakesThePlaceOfTheRoutes) {
  World world(Bootstrap("hash_policy: [ { cookie: { name: ours, ttl: 60s } } ]",
                        "hash_policy: [ { cookie: { name: theirs, ttl: 60s } } ]"));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), HasSubstr("set-cookie: ours=\""));
  EXPECT_THAT(client.received(), Not(HasSubstr("theirs")));
}

}  // namespace
}  // namespace weir::scenario
