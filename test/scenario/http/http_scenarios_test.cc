// Requests through the whole proxy in every combination of HTTP/1.1 and HTTP/2.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/http/combination.h"

namespace weir::scenario {
namespace {

using testing::ElementsAre;
using testing::Pair;

class HttpScenario : public CombinationTest {
 protected:
  void Begin(Edge edge = {}) {
    edge.http_options += "http_protocol_options: { enable_trailers: true }\n";
    Start(std::move(edge), "enable_trailers: true", "");
  }
  size_t Ask(const std::string& path, const std::string& body = "", bool end = true) {
    const size_t exchange = client->Request(path, {}, body, end);
    world->Run();
    return exchange;
  }
  std::string Flags() const {
    EXPECT_FALSE(world->log().lines().empty());
    return world->log().lines().back();
  }
};

TEST_P(HttpScenario, ARequestAndItsAnswerPass) {
  Begin();
  const size_t exchange = Ask("/x?y=1");
  EXPECT_EQ(Up().heard(0).start, "/x?y=1");
  EXPECT_TRUE(Up().heard(0).ended);
  Up().Answer(0, 200, "hello", true);
  world->Run();
  EXPECT_EQ(client->heard(exchange).start, "200");
  EXPECT_EQ(client->heard(exchange).body, "hello");
  EXPECT_TRUE(client->heard(exchange).ended);
}

TEST_P(HttpScenario, BodiesAndTrailersPassBothWays) {
  Begin();
  const size_t exchange = Ask("/x", "one ", false);
  client->Send(exchange, "two", false);
  client->SendTrailers(exchange, {{"x-sum", "7"}});
  world->Run();
  EXPECT_EQ(Up().heard(0).body, "one two");
  EXPECT_THAT(Up().heard(0).trailers, ElementsAre(Pair("x-sum", "7")));
  Up().Answer(0, 200, "three ", false);
  Up().Send(0, "four", false);
  Up().SendTrailers(0, {{"grpc-status", "0"}});
  world->Run();
  EXPECT_EQ(client->heard(exchange).body, "three four");
  EXPECT_THAT(client->heard(exchange).trailers, ElementsAre(Pair("grpc-status", "0")));
  EXPECT_TRUE(client->heard(exchange).ended);
}

TEST_P(HttpScenario, AConnectionServesManyRequests) {
  Begin();
  for (size_t i = 0; i < 5; ++i) {
    const size_t exchange = Ask("/" + std::to_string(i));
    Up().Answer(i, 200, std::to_string(i), true);
    world->Run();
    EXPECT_EQ(client->heard(exchange).body, std::to_string(i));
  }
  EXPECT_EQ(upstream->connection_count(), 1u);
}

TEST_P(HttpScenario, ALargeBodyComesWholeThroughASlowReader) {
  Begin();
  const size_t exchange = Ask("/x");
  std::string body;
  for (int i = 0; body.size() < 4 * 1024 * 1024; ++i) body += std::to_string(i) + " ";
  client_peer->SetReading(false);
  Up().Answer(0, 200, body, true);
  world->Run(std::chrono::seconds(1));
  EXPECT_LT(client->heard(exchange).body.size(), body.size());
  // Most of it waits at the upstream; by HTTP/2 the window, 16 MiB, lets it come.
  if (!up_is_http2()) {
    EXPECT_LT(world->Stat("cluster.web.upstream_cx_rx_bytes_total"),
              static_cast<int64_t>(body.size()) / 4 * 3);
  }
  client_peer->SetReading(true);
  world->Run(std::chrono::seconds(5));
  EXPECT_EQ(client->heard(exchange).body.size(), body.size());
  EXPECT_TRUE(client->heard(exchange).body == body);
  EXPECT_TRUE(client->heard(exchange).ended);
}

TEST_P(HttpScenario, AnUploadLargerThanEveryBufferComesWhole) {
  Begin();
  const size_t exchange = Ask("/x", "", false);
  const std::string piece(256 * 1024, 'p');
  for (int i = 0; i < 12; ++i) client->Send(exchange, piece, i == 11);
  world->Run();
  Up();
  world->Run(std::chrono::seconds(2));
  EXPECT_EQ(Up().heard(0).body.size(), 12 * piece.size());
  EXPECT_TRUE(Up().heard(0).ended);
}

TEST_P(HttpScenario, AClientThatGoesAwayEndsTheRequestUpstream) {
  Begin();
  const size_t exchange = Ask("/x");
  EXPECT_TRUE(Up().heard(0).ended);
  client->Reset(exchange);
  world->Run();
  Up();
  EXPECT_EQ(world->Stat("cluster.web.upstream_rq_active"), 0);
  EXPECT_EQ(world->Stat("http.edge.downstream_rq_active"), 0);
}

TEST_P(HttpScenario, AnUpstreamThatResetsBeforeItsAnswerIs503) {
  Begin();
  const size_t exchange = Ask("/x");
  Up().Reset(0);
  world->Run();
  EXPECT_EQ(client->heard(exchange).start, "503");
  EXPECT_TRUE(client->heard(exchange).ended);
}

TEST_P(HttpScenario, AnAnswerThatIsCutIsSeenToBeCut) {
  Begin();
  const size_t exchange = Ask("/x");
  Up().Answer(0, 200, "half", false);
  world->Run();
  Up().Reset(0);
  world->Run();
  EXPECT_EQ(client->heard(exchange).start, "200");
  EXPECT_FALSE(client->heard(exchange).ended);
  EXPECT_TRUE(client->heard(exchange).reset);
}

TEST_P(HttpScenario, ARetriedRequestTakesItsBodyAlong) {
  Begin({.routes = "- match: { prefix: \"/\" }\n  route: { cluster: web, retry_policy: { retry_on: "
                   "\"5xx\", num_retries: 1 } }\n"});
  const size_t exchange = Ask("/x", "payload");
  EXPECT_EQ(Up().heard(0).body, "payload");
  Up().Answer(0, 503, "", true);
  world->Run(std::chrono::seconds(1));
  HttpEnd& up = Up();
  const size_t again = up.count() - 1;
  EXPECT_EQ(up.heard(again).body, "payload");
  up.Answer(again, 200, "ok", true);
  world->Run();
  EXPECT_EQ(client->heard(exchange).start, "200");
  EXPECT_EQ(world->Stat("cluster.web.upstream_rq_retry_success"), 1);
}

TEST_P(HttpScenario, AnUpstreamThatIsTooSlowIs504) {
  Begin({.routes = "- match: { prefix: \"/\" }\n  route: { cluster: web, timeout: 2s }\n"});
  const size_t exchange = Ask("/x");
  Up();
  world->Run(std::chrono::seconds(3));
  EXPECT_EQ(client->heard(exchange).start, "504");
}

TEST_P(HttpScenario, WhereNobodyListensTheAnswerIs503) {
  Begin({.endpoints = {"10.0.0.2:80"}});
  const size_t exchange = Ask("/x");
  world->Run(std::chrono::seconds(2));
  EXPECT_EQ(client->heard(exchange).start, "503");
}

// Of clients that may ask again before they were answered, in any order.
class MultiplexScenario : public HttpScenario {};

TEST_P(MultiplexScenario, ManyRequestsAtOnceGetTheirOwnAnswers) {
  Begin();
  std::vector<size_t> exchanges;
  for (int i = 0; i < 20; ++i) {
    exchanges.push_back(client->Request("/" + std::to_string(i), {}, "", true));
  }
  world->Run();
  Up();
  world->Run();
  for (const auto& end : ends) {
    for (size_t i = 0; i < end->count(); ++i) end->Answer(i, 200, end->heard(i).start, true);
  }
  world->Run();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client->heard(exchanges[static_cast<size_t>(i)]).body, "/" + std::to_string(i));
  }
}

INSTANTIATE_TEST_SUITE_P(Every, HttpScenario, EveryCombination(), NameOf);
INSTANTIATE_TEST_SUITE_P(Every, MultiplexScenario,
                         testing::Values(Versions{HttpVersion::kHttp2, HttpVersion::kHttp1},
                                         Versions{HttpVersion::kHttp2, HttpVersion::kHttp2}),
                         NameOf);

}  // namespace
}  // namespace weir::scenario
