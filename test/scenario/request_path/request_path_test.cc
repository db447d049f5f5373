// Workers share nothing on the request path: a proxied keep-alive request executes no locked
// instruction and calls no allocator. Counted, not believed: the request is run instruction by
// instruction.

#include <gtest/gtest.h>

#include <atomic>

#include "test/scenario/bootstraps.h"
#include "test/scenario/request_path/stepper.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

constexpr char kGet[] = "GET /x HTTP/1.1\r\nhost: a.example\r\n\r\n";
constexpr char kOk[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

// Functions of this program that are known to do it, and why they may.
struct Known {
  std::string_view function;
  std::string_view reason;
};
constexpr Known kKnown[] = {
    {"weir::fakes::", "the simulated machine"},
    {"weir::scenario::", "the client and the server of the test"},
    {"weir::buffer::Buffer::ToString", "how these read"},
};

bool IsKnown(const std::string& function) {
  for (const Known& known : kKnown) {
    if (function.find(known.function) != std::string::npos) return true;
  }
  return false;
}

void ExpectThatARequestLocksAndAllocatesNothing(const Edge& edge) {
  World world(EdgeBootstrap(edge), {.workers = 2});
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  Peer& client = world.Connect();
  for (int i = 0; i < 20; ++i) world.Say(client, kGet);
  const StepResult result = StepThrough([&] {
    client.TakeReceived();
    world.Say(client, kGet);
    if (!client.received().starts_with("HTTP/1.1 200 OK\r\n")) std::abort();
  });
  ASSERT_TRUE(result.traced) << "the kernel lets no process be traced";
  EXPECT_GT(result.instructions, 10000u);
  for (const auto& [function, count] : result.locked) {
    EXPECT_TRUE(IsKnown(function)) << count << " locked instructions in " << function;
  }
  for (const auto& [function, count] : result.allocations) {
    EXPECT_TRUE(IsKnown(function)) << count << " allocations in " << function;
  }
}

TEST(RequestPath, AKeepAliveRequestLocksAndAllocatesNothing) {
  ExpectThatARequestLocksAndAllocatesNothing({});
}

TEST(RequestPath, NorDoesOneWhoseRouteSpeaksOfFilters) {
  ExpectThatARequestLocksAndAllocatesNothing(
      {.routes = "- match: { prefix: / }\n  route: { cluster: web }\n"
                 "  typed_per_filter_config: { buffer: { \"@type\": type.googleapis.com/"
                 "envoy.config.route.v3.FilterConfig, disabled: true } }\n",
       .http_filters = "- name: buffer\n  typed_config:\n"
                       "    \"@type\": type.googleapis.com/"
                       "envoy.extensions.filters.http.buffer.v3.Buffer\n"
                       "    max_request_bytes: 1024\n"});
}

TEST(RequestPath, NorDoesOneThatIsPickedByCookiesAndCountedApart) {
  ExpectThatARequestLocksAndAllocatesNothing(
      {.routes =
           "- match: { prefix: /, cookies: [ { name: tier, string_match: { exact: gold } } ] }\n"
           "  direct_response: { status: 204 }\n"
           "- match: { prefix: /, cookies: [ { name: tier, string_match: { exact: iron }, "
           "invert_match: true } ] }\n"
           "  stat_prefix: all\n"
           "  route: { cluster: web, prefix_rewrite: /v1/ }\n",
       .virtual_host_options =
           "virtual_clusters: [ { name: reads, headers: [ { name: \":path\", string_match: { "
           "prefix: /x } } ] } ]\n"});
}

TEST(RequestPath, NorDoesOneWhoseRouteAMatchTreeChooses) {
  ExpectThatARequestLocksAndAllocatesNothing(
      {.routes = "[]\n",
       .virtual_host_options =
           "matcher: { matcher_tree: { input: { name: p, typed_config: { \"@type\": "
           "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: "
           "\":path\" } }, prefix_match_map: { map: { \"/\": { action: { name: r, typed_config: { "
           "\"@type\": type.googleapis.com/envoy.config.route.v3.Route, match: { prefix: /, "
           "dynamic_metadata: [ { filter: ns, path: [ { key: a } ], value: { present_match: false "
           "} } ] }, route: { cluster: web } } } } } } } }\n"});
}

TEST(RequestPath, NorDoesOneWhoseRouteWritesFieldsAndThePathByFormats) {
  ExpectThatARequestLocksAndAllocatesNothing(
      {.routes = "- match: { prefix: / }\n"
                 "  route: { cluster: web, path_rewrite: \"/of/a/long/prefix%REQ(:path)%\", "
                 "host_rewrite: \"a-long-name-before.%REQ(:authority)%\" }\n"
                 "  request_headers_to_add: [ { header: { key: x-from, value: "
                 "\"%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% by %PROTOCOL%\" } } ]\n"
                 "  response_headers_to_add: [ { header: { key: x-path, value: "
                 "\"%REQ(:path)% gave %RESPONSE_CODE%\" } } ]\n"});
}

TEST(RequestPath, NorDoesOneWhoseClusterHasPolicies) {
  ExpectThatARequestLocksAndAllocatesNothing(
      {.cluster_options =
           "typed_extension_protocol_options: { "
           "envoy.extensions.upstreams.http.v3.HttpProtocolOptions: { \"@type\": "
           "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions, "
           "explicit_http_config: { http_protocol_options: {} }, hash_policy: [ { header: { "
           "header_name: host } } ] } }"});
}

std::atomic<int> counter{0};
std::shared_ptr<int> shared = std::make_shared<int>(1);

void Allocate() { shared = std::make_shared<int>(2); }
void Bump() { counter.fetch_add(1); }
void Copy() {
  const std::shared_ptr<int> copy = shared;
  counter.store(*copy, std::memory_order_relaxed);
}

TEST(RequestPath, TheCountSeesWhatItLooksFor) {
  const StepResult bumped = StepThrough(Bump);
  ASSERT_TRUE(bumped.traced) << "the kernel lets no process be traced";
  uint64_t bumps = 0;
  for (const auto& [function, count] : bumped.locked) bumps += count;
  EXPECT_GE(bumps, 1u);
  uint64_t copies = 0;
  for (const auto& [function, count] : StepThrough(Copy).locked) copies += count;
  EXPECT_GE(copies, bumps + 1) << "a shared pointer counts up and down";
  EXPECT_EQ(StepThrough(Bump).allocations.size(), 0u);
  EXPECT_EQ(StepThrough(Allocate).allocations.size(), 1u);
}

}  // namespace
}  // namespace weir::scenario
