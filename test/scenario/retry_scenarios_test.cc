// Tries of a request: conditions, back-off, timeouts, hosts, hedges.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
constexpr char kBusy[] = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n";

std::string Get(std::string_view fields = "") {
  return StrCat("GET / HTTP/1.1\r\nhost: a\r\n", fields, "\r\n");
}

// One route to "web" with these fields in flow style.
Edge RouteWith(std::string_view fields) {
  return {.routes = StrCat("- match: { prefix: / }\n  route: { cluster: web, ", fields, " }\n")};
}

// As RouteWith; the client is one of our own, whose x-envoy-* fields count.
Edge RouteForOurOwnWith(std::string_view fields) {
  Edge edge = RouteWith(fields);
  edge.http_options = "use_remote_address: true\ninternal_address_config: {}\n";
  return edge;
}

TEST(RetryScenario, AHeaderOfTheAnswerAsksForAnotherTry) {
  World world(EdgeBootstrap(
      RouteWith("retry_policy: { retry_on: retriable-headers, retriable_headers: [ { name: "
                "x-again, present_match: true } ] }")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get());
  world.Say(up.last(), "HTTP/1.1 200 OK\r\nx-again: 1\r\ncontent-length: 0\r\n\r\n");
  world.Run(seconds(1));
  world.Say(up.last(), kOk);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(client.received(), Not(HasSubstr("x-again")));
}

TEST(RetryScenario, RetryAfterIsWaitedFor) {
  World world(EdgeBootstrap(RouteWith(
      "retry_policy: { retry_on: 5xx, rate_limited_retry_back_off: { reset_headers: [ { name: "
      "Retry-After } ] } }")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get());
  up.last().TakeReceived();
  world.Say(up.last(), "HTTP/1.1 503 Busy\r\nretry-after: 4\r\ncontent-length: 0\r\n\r\n");
  world.Run(milliseconds(3900));
  EXPECT_EQ(up.last().received(), "");
  world.Run(milliseconds(2200));
  EXPECT_THAT(up.last().received(), StartsWith("GET / HTTP/1.1\r\n"));
  world.Say(up.last(), kOk);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_retry_backoff_ratelimited"), 1);
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_retry_backoff_exponential"), 0);
}

TEST(RetryScenario, PreviousHostsAreAvoided) {
  Edge edge = RouteWith(
      "retry_policy: { retry_on: 5xx, num_retries: 2, host_selection_retry_max_attempts: 50, "
      "retry_host_predicate: [ { name: p, typed_config: { \"@type\": "
      "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate } "
      "} ] }");
  edge.endpoints = {"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"};
  edge.cluster_options = "lb_policy: RANDOM";
  World world(EdgeBootstrap(edge));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream* ups[] = {&world.AddUpstream("10.0.0.1:80"), &world.AddUpstream("10.0.0.2:80"),
                     &world.AddUpstream("10.0.0.3:80")};
  for (Upstream* up : ups) up->AnswerAll(kBusy);
  Peer& client = world.Connect();
  for (int i = 1; i <= 5; ++i) {
    world.Say(client, Get());
    world.Run(seconds(2));
    for (Upstream* up : ups) EXPECT_EQ(up->answered(), static_cast<size_t>(i));
  }
}

TEST(RetryScenario, AnotherTryGoesToAnotherOfWeightedClusters) {
  Edge edge;
  edge.routes =
      "- match: { prefix: / }\n"
      "  route:\n"
      "    weighted_clusters: { clusters: [ { name: web, weight: 1 }, { name: other, weight: 1 } ] "
      "}\n"
      "    retry_policy: { retry_on: 5xx, num_retries: 3, refresh_cluster_on_retry: true }\n";
  edge.more_resources =
      "  - name: other\n    type: STATIC\n    load_assignment: { cluster_name: other, endpoints: "
      "[ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 10.0.0.2, "
      "port_value: 80 } } } } ] } ] }\n";
  edge.log_format = "%RESPONSE_CODE% %UPSTREAM_REQUEST_ATTEMPT_COUNT%";
  World world(EdgeBootstrap(edge));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& web = world.AddUpstream("10.0.0.1:80");
  Upstream& other = world.AddUpstream("10.0.0.2:80");
  web.AnswerAll(kBusy);
  other.AnswerAll(kBusy);
  Peer& client = world.Connect();
  for (int i = 1; i <= 5; ++i) {
    world.Say(client, Get());
    world.Run(seconds(3));
    // Each of the two has one of the first two tries; after that either may have both.
    EXPECT_GE(web.answered(), static_cast<size_t>(i));
    EXPECT_GE(other.answered(), static_cast<size_t>(i));
  }
  EXPECT_EQ(web.answered() + other.answered(), 20u);
  EXPECT_EQ(
      world.Stat("cluster.web.upstream_rq_retry") + world.Stat("cluster.other.upstream_rq_retry"),
      15);
}

TEST(RetryScenario, TheRequestItselfAsksForRetriesAndItsFieldsStayHere) {
  World world(EdgeBootstrap(RouteForOurOwnWith("timeout: 3s")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  up.AnswerAll(kBusy);
  Peer& client = world.Connect();
  world.Say(client, Get("x-envoy-retry-on: 5xx\r\nx-envoy-max-retries: 3\r\n"));
  world.Run(seconds(2));
  EXPECT_EQ(up.answered(), 4u);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(world.log().lines(), ElementsAre("503 URX via_upstream 0"));
}

TEST(RetryScenario, TheRequestsOwnTimeoutHolds) {
  World world(EdgeBootstrap(RouteForOurOwnWith("timeout: 15s")));
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get("x-envoy-upstream-rq-timeout-ms: 200\r\n"));
  EXPECT_THAT(up.last().received(), HasSubstr("x-envoy-expected-rq-timeout-ms: 200\r\n"));
  EXPECT_THAT(up.last().received(), Not(HasSubstr("x-envoy-upstream-rq-timeout-ms")));
  world.Run(milliseconds(250));
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 504 "));
  world.Say(client, Get("x-envoy-upstream-rq-timeout-ms: 200\r\n"
                        "x-envoy-upstream-rq-timeout-alt-response: 1\r\n"));
  world.Run(milliseconds(250));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 204 "));
  EXPECT_THAT(world.log().lines(),
              ElementsAre(StartsWith("504 UT response_timeout"), "204 UT response_timeout 0"));
}

TEST(RetryScenario, AGrpcCallBringsItsTimeout) {
  World world(EdgeBootstrap(RouteWith("max_stream_duration: { grpc_timeout_header_max: 10s }")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get("grpc-timeout: 100m\r\n"));
  world.Run(milliseconds(50));
  EXPECT_EQ(client.received(), "");
  world.Run(milliseconds(100));
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 504 "));
  // Before the request is complete it is the client that was too slow.
  world.Say(client,
            "POST / HTTP/1.1\r\nhost: a\r\ngrpc-timeout: 100m\r\n"
            "content-length: 9\r\n\r\nfour");
  world.Run(milliseconds(200));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(world.log().lines(), ElementsAre(StartsWith("504 DT max_duration_timeout "),
                                               StartsWith("408 DT max_duration_timeout ")));
}

TEST(RetryScenario, AGrpcCallsTimeoutIsBoundedAndPassedOn) {
  World world(EdgeBootstrap(RouteWith("timeout: 0s, max_grpc_timeout: 2s")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get("content-type: application/grpc\r\ngrpc-timeout: 1H\r\n"));
  EXPECT_THAT(up.last().received(), HasSubstr("grpc-timeout: 2000m\r\n"));
  world.Run(milliseconds(1900));
  EXPECT_EQ(client.received(), "");
  world.Run(milliseconds(200));
  EXPECT_THAT(client.TakeReceived(), HasSubstr("grpc-status: 14\r\n"));
  // No call of gRPC: the route's own timeout, which is none.
  world.Say(client, Get("grpc-timeout: 1H\r\n"));
  EXPECT_THAT(up.last().received(), HasSubstr("grpc-timeout: 1H\r\n"));
  world.Run(seconds(100));
  EXPECT_EQ(client.received(), "");
}

Edge WithLongestStream(Edge edge) {
  edge.cluster_options =
      "typed_extension_protocol_options:\n"
      "  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:\n"
      "    \"@type\": "
      "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions\n"
      "    explicit_http_config: { http_protocol_options: {} }\n"
      "    common_http_protocol_options: { max_stream_duration: 0.2s }\n";
  return edge;
}

TEST(RetryScenario, AClusterBoundsTheLifeOfEachTry) {
  World world(EdgeBootstrap(
      WithLongestStream(RouteWith("retry_policy: { retry_on: reset, num_retries: 1 }"))));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get());
  world.Run(seconds(1));
  EXPECT_EQ(up.connection_count(), 2u);
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_max_duration_reached"), 2);
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 504 "));
  // An answer that goes on is cut off.
  world.Say(client, Get());
  world.Say(up.last(), "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome");
  world.Run(seconds(1));
  EXPECT_TRUE(client.ended() || client.failed());
  EXPECT_THAT(world.log().lines(),
              ElementsAre(StartsWith("504 URX,UMSDR upstream_max_stream_duration_reached"),
                          StartsWith("200 UMSDR upstream_max_stream_duration_reached")));
}

TEST(RetryScenario, TheRequestsOwnLongestStreamHolds) {
  World world(EdgeBootstrap(WithLongestStream(RouteForOurOwnWith("timeout: 15s"))));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get("x-envoy-upstream-stream-duration-ms: 500\r\n"));
  EXPECT_THAT(up.last().received(), Not(HasSubstr("x-envoy-upstream-stream-duration-ms")));
  world.Run(milliseconds(400));
  EXPECT_EQ(client.received(), "");
  world.Run(milliseconds(200));
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 504 "));
  // Before the request is complete it is the client that was too slow.
  world.Say(client, "POST / HTTP/1.1\r\nhost: a.example\r\ncontent-length: 9\r\n\r\nfour");
  world.Run(milliseconds(300));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 408 "));
}

TEST(RetryScenario, ATryWithoutProgressIsGivenUp) {
  World world(EdgeBootstrap(
      RouteWith("retry_policy: { retry_on: reset, per_try_idle_timeout: 0.1s, num_retries: 1 }")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get());
  world.Run(milliseconds(400));
  EXPECT_EQ(up.connection_count(), 2u);
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_per_try_idle_timeout"), 2);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 504 "));
  EXPECT_THAT(world.log().lines(),
              ElementsAre(StartsWith("504 URX,SI upstream_per_try_idle_timeout")));
}

TEST(RetryScenario, ARetryAfterATimeoutSaysSo) {
  Edge edge = RouteWith("retry_policy: { retry_on: 5xx, per_try_timeout: 0.1s }");
  edge.virtual_host_options =
      "include_request_attempt_count: true\n"
      "include_attempt_count_in_response: true\n"
      "include_is_timeout_retry_header: true\n";
  World world(EdgeBootstrap(edge));
  ASSERT_TRUE(world.status().ok()) << world.status();
  Upstream& up = world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get());
  EXPECT_THAT(up.last().received(), HasSubstr("x-envoy-attempt-count: 1\r\n"));
  EXPECT_THAT(up.last().received(), Not(HasSubstr("x-envoy-is-timeout-retry")));
  world.Run(milliseconds(140));
  EXPECT_THAT(up.last().received(), HasSubstr("x-envoy-attempt-count: 2\r\n"));
  EXPECT_THAT(up.last().received(), HasSubstr("x-envoy-is-timeout-retry: true\r\n"));
  world.Say(up.last(), kOk);
  EXPECT_THAT(client.received(), HasSubstr("x-envoy-attempt-count: 2\r\n"));
}

TEST(RetryScenario, NoRetriesLeftInTheBreakerIsAnOverflow) {
  Edge edge = RouteWith("retry_policy: { retry_on: 5xx }");
  edge.cluster_options = "circuit_breakers: { thresholds: [ { max_retries: 0 } ] }";
  World world(EdgeBootstrap(edge));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kBusy);
  Peer& client = world.Connect();
  world.Say(client, Get());
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(world.log().lines(), ElementsAre("503 UO via_upstream 0"));
}

TEST(RetryScenario, OnlyWhatMayBeKeptIsSentAgain) {
  struct Case {
    std::string_view of_host;
    std::string_view of_route;
    size_t body;
    bool again;
  };
  const Case cases[] = {
      {"", "", 1000, true},  // The listener's.
      {"", "", 1001, false},
      {"per_request_buffer_limit_bytes: 10", "", 10, true},
      {"per_request_buffer_limit_bytes: 10", "", 11, false},
      {"per_request_buffer_limit_bytes: 5000", "", 1001, false},
      {"request_body_buffer_limit: 5000", "", 1001, true},
      {"request_body_buffer_limit: 5000", "per_request_buffer_limit_bytes: 10", 11, false},
      {"per_request_buffer_limit_bytes: 10", "request_body_buffer_limit: 50", 50, true},
      {"per_request_buffer_limit_bytes: 10", "request_body_buffer_limit: 50", 51, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(StrCat(c.of_host, " / ", c.of_route, " / ", c.body));
    Edge edge = RouteWith("retry_policy: { retry_on: 5xx }");
    edge.listener_options = "per_connection_buffer_limit_bytes: 1000\n";
    edge.virtual_host_options = c.of_host;
    StrAppend(edge.routes, "  ", c.of_route, "\n");
    World world(EdgeBootstrap(edge));
    ASSERT_TRUE(world.status().ok()) << world.status();
    Upstream& up = world.AddUpstream("10.0.0.1:80");
    up.AnswerAll(kBusy);
    world.Say(world.Connect(), StrCat("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ", c.body,
                                      "\r\n\r\n", std::string(c.body, 'x')));
    world.Run(seconds(1));
    EXPECT_EQ(up.answered(), c.again ? 2u : 1u);
  }
}

TEST(RetryScenario, AnAnswerIsAlsoCountedByTheNameThatItsRequestBrings) {
  World world(EdgeBootstrap(RouteForOurOwnWith("timeout: 15s")));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  Peer& client = world.Connect();
  world.Say(client, Get());
  world.Say(client, Get("x-envoy-upstream-alt-stat-name: by:me\r\n"));
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_200"), 2);
  EXPECT_EQ(world.Stat("cluster.web.by_me.upstream_rq_200"), 1);
  EXPECT_EQ(world.Stat("cluster.web.by_me.upstream_rq_completed"), 1);
}

TEST(RetryScenario, WhoHitsABreakerIsToldSo) {
  Edge edge;
  edge.cluster_options = "circuit_breakers: { thresholds: [ { max_requests: 0 } ] }";
  World world(EdgeBootstrap(edge));
  ASSERT_TRUE(world.status().ok()) << world.status();
  world.AddUpstream("10.0.0.1:80");
  Peer& client = world.Connect();
  world.Say(client, Get());
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(client.received(), HasSubstr("x-envoy-overloaded: true\r\n"));
}

// A world whose upstream is busy, where one retry is wanted and a budget says how many may be.
class BudgetScenario : public testing::Test {
 protected:
  void Start(std::string_view budget) {
    Edge edge = RouteWith("retry_policy: { retry_on: 5xx, num_retries: 1 }");
    edge.cluster_options =
        StrCat("circuit_breakers: { thresholds: [ { max_retries: 0, track_remaining: true, ",
               "retry_budget: { budget_percent: { value: 50 }, ", budget, " } } ] }");
    world = std::make_unique<World>(EdgeBootstrap(edge));
    ASSERT_TRUE(world->status().ok()) << world->status();
    world->AddUpstream("10.0.0.1:80").AnswerAll(kBusy);
    client = &world->Connect();
  }
  void Ask() {
    world->Say(*client, Get());
    world->Run(seconds(1));
  }
  int64_t Remaining() {
    return world->Stat("cluster.web.circuit_breakers.default.remaining_retries");
  }

  std::unique_ptr<World> world;
  Peer* client = nullptr;
};

TEST_F(BudgetScenario, ItStandsInPlaceOfTheBreakersRetries) {
  Start("min_retry_concurrency: 1");
  Ask();
  EXPECT_EQ(Remaining(), 1);
  EXPECT_EQ(world->Stat("cluster.web.upstream_rq_retry"), 1);
  EXPECT_EQ(world->Stat("cluster.web.upstream_rq_retry_overflow"), 0);
}

TEST_F(BudgetScenario, WithAnIntervalItGrantsRetriesForWhatHasEnded) {
  Start("min_retry_concurrency: 0, budget_interval: 10s");
  Ask();
  EXPECT_EQ(world->Stat("cluster.web.upstream_rq_retry"), 0) << "nothing has ended before it";
  Ask();
  EXPECT_EQ(world->Stat("cluster.web.upstream_rq_retry"), 1);
  EXPECT_EQ(Remaining(), 1);
  world->Run(seconds(12));
  EXPECT_EQ(Remaining(), 0);
}

// --- Hedges

Edge Hedged() {
  return RouteForOurOwnWith(
      "hedge_policy: { hedge_on_per_try_timeout: true }, retry_policy: { retry_on: 5xx, "
      "per_try_timeout: 0.1s }");
}

// A request whose first try was too slow and whose second is in flight beside it.
class HedgeScenario : public testing::Test {
 protected:
  HedgeScenario()
      : world(EdgeBootstrap(Hedged())),
        up(world.AddUpstream("10.0.0.1:80")),
        client(world.Connect()) {}

  void TryTwice(std::string_view request = Get()) {
    world.Say(client, request);
    world.Run(milliseconds(140));
    ASSERT_EQ(up.connection_count(), 2u);
  }
  bool GivenUp(size_t try_number) {
    return up.connection(try_number).ended() || up.connection(try_number).failed();
  }

  World world;
  Upstream& up;
  Peer& client;
};

TEST_F(HedgeScenario, ASlowTryGoesOnAndMayWin) {
  TryTwice();
  world.Say(up.connection(0), kOk);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(GivenUp(1));
  EXPECT_THAT(world.log().lines(), ElementsAre("200 - via_upstream 2"));
}

TEST_F(HedgeScenario, TheNextTryMayWin) {
  TryTwice("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody");
  EXPECT_THAT(up.connection(1).received(), HasSubstr("\r\n\r\nbody"));
  world.Say(up.connection(1), kOk);
  EXPECT_THAT(client.TakeReceived(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(GivenUp(0));
  // The connection that answered serves on.
  world.Say(client, Get());
  EXPECT_EQ(up.connection_count(), 2u);
}

TEST_F(HedgeScenario, ABadAnswerWaitsForTheOtherTry) {
  TryTwice();
  world.Say(up.connection(1), kBusy);
  EXPECT_EQ(client.received(), "");
  world.Say(up.connection(0), kOk);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HedgeScenario, WhenAllTriesFailTheLastFailureIsTheAnswer) {
  TryTwice();
  up.connection(0).Reset();
  world.Run();
  EXPECT_EQ(client.received(), "");
  up.connection(1).Reset();
  world.Run();
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 503 "));
}

TEST_F(HedgeScenario, TheTimeoutEndsAllTries) {
  TryTwice(Get("x-envoy-upstream-rq-timeout-ms: 200\r\n"));
  world.Run(milliseconds(100));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 504 "));
  EXPECT_TRUE(GivenUp(0));
  EXPECT_TRUE(GivenUp(1));
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_active"), 0);
}

TEST_F(HedgeScenario, AClientThatLeavesEndsAllTries) {
  TryTwice();
  client.Close();
  world.Run();
  EXPECT_EQ(world.Stat("cluster.web.upstream_rq_active"), 0);
  EXPECT_EQ(world.Stat("http.edge.downstream_rq_active"), 0);
}

}  // namespace
}  // namespace weir::scenario
