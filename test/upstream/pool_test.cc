// Scenarios of connection pools: the real client codecs against real server codecs, in virtual
// time.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "source/upstream/cluster_map.h"
#include "test/upstream/world.h"

namespace weir::upstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Speaks = UpstreamServer::Speaks;

constexpr char kA[] = "10.0.0.1:80";

config::Cluster Web(config::Cluster::Protocol protocol = config::Cluster::Protocol::kHttp1) {
  config::Cluster cluster;
  cluster.name = "web";
  cluster.protocol = protocol;
  return cluster;
}
constexpr auto kHttp2 = config::Cluster::Protocol::kHttp2;

using Calls = std::vector<std::unique_ptr<Call>>;
Call& Add(Calls& calls, World& world) {
  calls.push_back(std::make_unique<Call>(world));
  return *calls.back();
}
std::string Results(const Calls& calls) {
  std::string out;
  for (const auto& call : calls) out += (out.empty() ? "" : ", ") + call->result;
  return out;
}

TEST(Pool, TheFirstRequestWaitsForAConnectionAndTheNextTakesItAtOnce) {
  for (auto protocol : {config::Cluster::Protocol::kHttp1, kHttp2}) {
    World world;
    UpstreamServer& server = world.Serve(kA, protocol == kHttp2 ? Speaks::kHttp2 : Speaks::kHttp1);
    world.Install(Web(protocol), {kA});
    Call first(world);
    EXPECT_EQ(first.Go(world.Get()).result, "pending");
    EXPECT_EQ(first.request.host()->address_text(), kA);
    world.loop.RunReady();
    EXPECT_EQ(first.result, "200 10.0.0.1:80");
    EXPECT_TRUE(first.closed);
    EXPECT_FALSE(first.request.connection().reused);
    Call second(world);
    EXPECT_EQ(second.Go(world.Get()).result, "sent");
    EXPECT_TRUE(second.request.connection().reused);
    EXPECT_EQ(second.request.connection().connection_id, first.request.connection().connection_id);
    world.loop.RunReady();
    EXPECT_EQ(second.result, "200 10.0.0.1:80");
    EXPECT_EQ(server.accepted(), 1u);
    ClusterStats& stats = world.Get().stats();
    EXPECT_EQ(stats.upstream_rq_total.value(), 2u);
    EXPECT_EQ(stats.upstream_rq_active.value(), 0);
    EXPECT_EQ(stats.upstream_cx_active.value(), 1);
    EXPECT_EQ(stats.upstream_rq_pending_active.value(), 0);
    EXPECT_EQ(world.Get().hosts()[0]->active_requests(), 0u);
  }
}

TEST(Pool, Http1TakesTheConnectionUsedLast) {
  World world;
  UpstreamServer& server = world.Serve(kA);
  server.Hold(true);
  world.Install(Web(), {kA});
  Calls calls;
  for (int i = 0; i < 3; ++i) Add(calls, world).Go(world.Get());
  world.loop.RunReady();
  EXPECT_EQ(server.accepted(), 3u);
  server.AnswerAll();
  world.loop.RunReady();
  Call again(world);
  again.Go(world.Get());
  world.loop.RunReady();
  const uint64_t last = again.request.connection().connection_id;
  for (int i = 0; i < 3; ++i) {
    Call next(world);
    next.Go(world.Get());
    world.loop.RunReady();
    EXPECT_EQ(next.request.connection().connection_id, last);
  }
  EXPECT_EQ(server.accepted(), 3u);
}

TEST(Pool, Http2OpensAnotherConnectionWhenTheStreamsOfOneAreUsedUp) {
  struct Case {
    uint32_t ours, theirs;
    size_t requests, connections;
  };
  for (const Case& c : {Case{1024, 1024, 5, 1}, {2, 1024, 5, 3}, {1024, 2, 5, 3}, {1, 1, 4, 4}}) {
    World world;
    UpstreamServer& server = world.Serve(kA, Speaks::kHttp2);
    server.Hold(true);
    server.SetMaxStreams(c.theirs);
    config::Cluster cluster = Web(kHttp2);
    cluster.http2.Edit().max_concurrent_streams = c.ours;
    world.Install(cluster, {kA});
    // The peer's limit is known after the first answer alone.
    Call first(world);
    first.Go(world.Get());
    world.loop.RunReady();
    Calls calls;
    for (size_t i = 1; i < c.requests; ++i) {
      Add(calls, world).Go(world.Get());
      world.loop.RunReady();
    }
    EXPECT_EQ(server.held(), c.requests);
    EXPECT_EQ(server.open(), c.connections) << c.ours << "/" << c.theirs;
    server.AnswerAll();
    world.loop.RunReady();
    EXPECT_EQ(first.result, "200 10.0.0.1:80");
    for (const auto& call : calls) EXPECT_EQ(call->result, "200 10.0.0.1:80");
  }
}

TEST(Pool, WaitingRequestsAreServedFirstComeFirstServed) {
  World world;
  UpstreamServer& server = world.Serve(kA);
  server.Hold(true);
  config::Cluster cluster = Web();
  cluster.breakers.Edit().max_connections = 1;
  world.Install(cluster, {kA});
  Calls calls;
  for (int i = 0; i < 3; ++i) Add(calls, world).Go(world.Get());
  world.loop.RunReady();
  EXPECT_EQ(Results(calls), "sent, pending, pending");
  EXPECT_GE(world.Get().stats().upstream_cx_overflow.value(), 2u);
  server.AnswerAll();
  server.Hold(true);
  world.loop.RunReady();
  EXPECT_EQ(Results(calls), "200 10.0.0.1:80, sent, pending");
  calls[2]->request.Cancel();
  EXPECT_EQ(world.Get().stats().upstream_rq_cancelled.value(), 1u);
  server.AnswerAll();
  world.loop.RunReady();
  EXPECT_EQ(Results(calls), "200 10.0.0.1:80, 200 10.0.0.1:80, pending");
  EXPECT_EQ(server.accepted(), 1u);
}

TEST(Pool, AFailedConnectFailsWhoWaitedForItAndNobodyElse) {
  World world;
  UpstreamServer& server = world.Serve(kA);
  server.Hold(true);
  config::Cluster cluster = Web();
  cluster.breakers.Edit().max_connections = 2;
  world.Install(cluster, {kA});
  Calls calls;
  Add(calls, world).Go(world.Get());
  world.loop.RunReady();
  world.network.Refuse(server.address());
  for (int i = 0; i < 2; ++i) Add(calls, world).Go(world.Get());
  EXPECT_EQ(Results(calls), "sent, pending, pending");
  world.loop.RunReady();
  EXPECT_EQ(calls[1]->result, "failed connect-failed");
  EXPECT_TRUE(calls[1]->error.unprocessed);
  EXPECT_EQ(calls[1]->error.side, http::Side::kUpstream);
  EXPECT_EQ(calls[1]->request.host()->address_text(), kA);
  world.network.Restore(server.address());
  server.AnswerAll();
  world.loop.RunReady();
  EXPECT_EQ(calls[0]->result, "200 10.0.0.1:80");
  EXPECT_EQ(world.Get().stats().upstream_cx_connect_fail.value(),
            world.Get().stats().upstream_rq_pending_failure_eject.value());
}

TEST(Pool, AConnectThatIsNotAnsweredTimesOut) {
  World world;
  UpstreamServer& server = world.Serve(kA, Speaks::kHttp2);
  config::Cluster cluster = Web(kHttp2);
  cluster.connect_timeout = milliseconds(250);
  world.Install(cluster, {kA});
  world.network.Drop(server.address());
  Calls calls;
  for (int i = 0; i < 3; ++i) Add(calls, world).Go(world.Get());
  world.loop.RunFor(milliseconds(249));
  EXPECT_EQ(Results(calls), "pending, pending, pending");
  world.loop.RunFor(milliseconds(3));
  EXPECT_EQ(Results(calls),
            "failed connect-timeout, failed connect-timeout, failed connect-timeout");
  EXPECT_EQ(world.Get().stats().upstream_cx_connect_timeout.value(), 1u);
  EXPECT_EQ(world.Get().stats().upstream_cx_active.value(), 0);
}

// When connections end, by table: settings, what happens after one request, how many are open then.
struct EndCase {
  std::string name;
  std::function<void(config::Cluster&)> set;
  std::function<void(World&)> then;
  size_t open;
};
void Request(World& world) {
  Call call(world);
  call.Go(world.Get());
  world.loop.RunReady();
  EXPECT_EQ(call.result, "200 10.0.0.1:80");
}
const EndCase kEndCases[] = {
    {"kept", [](auto&) {}, [](World& w) { w.loop.RunFor(seconds(3599)); }, 1},
    {"an hour idle", [](auto&) {}, [](World& w) { w.loop.RunFor(seconds(3601)); }, 0},
    {"idle for less", [](auto& c) { c.http_limits.Edit().idle_timeout = seconds(2); },
     [](World& w) { w.loop.RunFor(milliseconds(1990)); }, 1},
    {"idle too long", [](auto& c) { c.http_limits.Edit().idle_timeout = seconds(2); },
     [](World& w) { w.loop.RunFor(milliseconds(2010)); }, 0},
    {"used in between", [](auto& c) { c.http_limits.Edit().idle_timeout = seconds(2); },
     [](World& w) {
       w.loop.RunFor(milliseconds(1500));
       Request(w);
       w.loop.RunFor(milliseconds(1500));
     },
     1},
    {"idle again", [](auto& c) { c.http_limits.Edit().idle_timeout = seconds(2); },
     [](World& w) {
       w.loop.RunFor(milliseconds(1500));
       Request(w);
       w.loop.RunFor(milliseconds(2010));
     },
     0},
    {"no idle timeout", [](auto& c) { c.http_limits.Edit().idle_timeout = seconds(0); },
     [](World& w) { w.loop.RunFor(std::chrono::hours(30)); }, 1},
    {"one request each", [](auto& c) { c.http_limits.Edit().max_requests_per_connection = 1; },
     [](World&) {}, 0},
    {"one of two requests", [](auto& c) { c.http_limits.Edit().max_requests_per_connection = 2; },
     [](World&) {}, 1},
    {"two of two requests", [](auto& c) { c.http_limits.Edit().max_requests_per_connection = 2; },
     Request, 0},
    {"young", [](auto& c) { c.http_limits.Edit().max_connection_duration = seconds(5); },
     [](World& w) { w.loop.RunFor(milliseconds(4990)); }, 1},
    {"old", [](auto& c) { c.http_limits.Edit().max_connection_duration = seconds(5); },
     [](World& w) { w.loop.RunFor(milliseconds(5010)); }, 0},
    {"old, but for its jitter",
     [](auto& c) {
       c.http_limits.Edit().max_connection_duration = seconds(5);
       c.http_limits.Edit().max_connection_duration_jitter = 100;
     },
     [](World& w) { w.loop.RunFor(milliseconds(10010)); }, 0},
    {"closed by the upstream", [](auto&) {}, [](World& w) { w.servers[0]->CloseAll(); }, 0},
    {"reset by the upstream", [](auto&) {},
     [](World& w) { w.network.ResetAll(w.servers[0]->address()); }, 0},
    {"drained by the upstream", [](auto&) {}, [](World& w) { w.servers[0]->DrainAll(); }, 0},
    {"bytes that nobody asked for", [](auto&) {},
     [](World& w) { w.servers[0]->WriteRaw("HTTP/1.1 408 Request Timeout\r\n\r\n"); }, 0},
};

TEST(Pool, ConnectionsEndWhenTheirLimitsSay) {
  for (const EndCase& c : kEndCases) {
    for (auto protocol : {config::Cluster::Protocol::kHttp1, kHttp2}) {
      SCOPED_TRACE(c.name + (protocol == kHttp2 ? ", HTTP/2" : ", HTTP/1"));
      World world;
      world.Serve(kA, protocol == kHttp2 ? Speaks::kHttp2 : Speaks::kHttp1);
      config::Cluster cluster = Web(protocol);
      c.set(cluster);
      world.Install(cluster, {kA});
      Request(world);
      c.then(world);
      world.loop.RunReady();
      EXPECT_EQ(world.servers[0]->open(), c.open);
      EXPECT_EQ(world.Get().stats().upstream_cx_active.value(), static_cast<int64_t>(c.open));
      Request(world);
    }
  }
}

TEST(Pool, AConnectionThatReachesItsAgeInUseEndsAfterItsRequests) {
  World world;
  UpstreamServer& server = world.Serve(kA, Speaks::kHttp2);
  server.Hold(true);
  config::Cluster cluster = Web(kHttp2);
  cluster.http_limits.Edit().max_connection_duration = seconds(5);
  world.Install(cluster, {kA});
  Call old(world);
  old.Go(world.Get());
  world.loop.RunFor(seconds(6));
  Call young(world);
  young.Go(world.Get());
  world.loop.RunReady();
  EXPECT_EQ(server.open(), 2u);
  server.AnswerAll();
  world.loop.RunReady();
  EXPECT_EQ(old.result, "200 10.0.0.1:80");
  EXPECT_EQ(young.result, "200 10.0.0.1:80");
  EXPECT_EQ(server.open(), 1u);
}

TEST(Pool, AStaleConnectionFailsTheRequestAsReusedAndNotAsUnprocessed) {
  World world;
  UpstreamServer& server = world.Serve(kA);
  world.Install(Web(), {kA});
  Call first(world);
  first.Go(world.Get());
  world.loop.RunReady();
  // The request and the upstream's FIN cross.
  server.CloseAll();
  Call second(world);
  EXPECT_EQ(second.Go(world.Get()).result, "sent");
  world.loop.RunReady();
  EXPECT_EQ(second.result, "reset closed");
  EXPECT_TRUE(second.closed);
  EXPECT_TRUE(second.request.connection().reused);
  EXPECT_FALSE(second.error.unprocessed);
  EXPECT_EQ(world.Get().stats().upstream_cx_destroy_remote_with_active_rq.value(), 1u);
  EXPECT_EQ(world.Get().stats().upstream_rq_active.value(), 0);
  Call third(world);
  third.Go(world.Get());
  world.loop.RunReady();
  EXPECT_EQ(third.result, "200 10.0.0.1:80");
}

TEST(Pool, GoawayEndsTheConnectionAfterItsStreamsAndNewOnesGoElsewhere) {
  World world;
  UpstreamServer& server = world.Serve(kA, Speaks::kHttp2);
  server.Hold(true);
  world.Install(Web(kHttp2), {kA});
  Call old(world);
  old.Go(world.Get());
  world.loop.RunReady();
  server.DrainAll();
  world.loop.RunReady();
  EXPECT_EQ(world.Get().stats().upstream_cx_close_notify.value(), 1u);
  Call young(world);
  EXPECT_EQ(young.Go(world.Get()).result, "pending");
  world.loop.RunReady();
  EXPECT_EQ(server.accepted(), 2u);
  server.AnswerAll();
  world.loop.RunReady();
  EXPECT_EQ(old.result, "200 10.0.0.1:80");
  EXPECT_EQ(young.result, "200 10.0.0.1:80");
  EXPECT_EQ(server.open(), 1u);
}

TEST(Pool, ARequestBegunBehindAGoawayTakesAnotherConnection) {
  World world;
  UpstreamServer& server = world.Serve(kA, Speaks::kHttp2);
  server.Hold(true);
  world.Install(Web(kHttp2), {kA});
  Call second(world);
  Call first(world);
  first.on_reset = [&] { second.Go(world.Get()); };
  first.Go(world.Get());
  world.loop.RunReady();
  // GOAWAY for everything above stream 0, then the end of stream 1, in one read.
  server.WriteRaw(
      {"\0\0\x08\7\0\0\0\0\0\0\0\0\0\0\0\0\0"
       "\0\0\4\3\0\0\0\0\1\0\0\0\7",
       30});
  world.loop.RunReady();
  EXPECT_EQ(first.result, "reset refused");
  EXPECT_TRUE(first.error.unprocessed);
  EXPECT_EQ(second.result, "sent");
  EXPECT_EQ(server.accepted(), 2u);
  server.AnswerAll();
  world.loop.RunReady();
  EXPECT_EQ(second.result, "200 10.0.0.1:80");
}

TEST(Pool, AnHttp1ConnectionIsNotReusedAfterAResetOrAnEarlyAnswer) {
  for (bool early : {false, true}) {
    World world;
    UpstreamServer& server = world.Serve(kA);
    server.Hold(true);
    world.Install(Web(), {kA});
    Call first(world);
    if (early) first.KeepOpen();
    first.Go(world.Get());
    world.loop.RunReady();
    if (early) {
      server.WriteRaw("HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno");
      world.loop.RunReady();
      EXPECT_EQ(first.result, "413 no");
      first.Finish("late");
    } else {
      first.Reset();
    }
    world.loop.RunReady();
    EXPECT_TRUE(first.closed);
    EXPECT_EQ(server.open(), 0u);
    EXPECT_EQ(world.Get().stats().upstream_rq_active.value(), 0);
    server.Hold(false);
    Call second(world);
    EXPECT_EQ(second.Go(world.Get()).result, "pending");
    world.loop.RunReady();
    EXPECT_EQ(second.result, "200 10.0.0.1:80");
  }
}

TEST(Pool, ABrokenAnswerEndsTheConnectionAndIsCounted) {
  World world;
  UpstreamServer& server = world.Serve(kA);
  server.Hold(true);
  world.Install(Web(), {kA});
  Call call(world);
  call.Go(world.Get());
  world.loop.RunReady();
  server.WriteRaw("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n");
  world.loop.RunReady();
  EXPECT_EQ(call.error.kind, http::ErrorKind::kMalformed);
  EXPECT_TRUE(call.closed);
  EXPECT_EQ(server.open(), 0u);
  EXPECT_EQ(world.Get().stats().upstream_cx_protocol_error.value(), 1u);
}

TEST(Pool, AnAnswerThatEndsWithTheConnectionIsWhole) {
  World world;
  UpstreamServer& server = world.Serve(kA);
  server.Hold(true);
  world.Install(Web(), {kA});
  Call call(world);
  call.Go(world.Get());
  world.loop.RunReady();
  server.WriteRaw("HTTP/1.1 200 OK\r\n\r\nall of it");
  server.CloseAll();
  world.loop.RunReady();
  EXPECT_EQ(call.result, "200 all of it");
  EXPECT_TRUE(call.closed);
}

TEST(Pool, APausedResponseStopsReadingAndGoesOnToItsEnd) {
  for (auto protocol : {config::Cluster::Protocol::kHttp1, kHttp2}) {
    World world;
    UpstreamServer& server = world.Serve(kA, protocol == kHttp2 ? Speaks::kHttp2 : Speaks::kHttp1);
    const std::string body(1'000'000, 'x');
    server.SetBody(body);
    config::Cluster cluster = Web(protocol);
    cluster.buffer_limit = 32 * 1024;
    cluster.http2.Edit().initial_stream_window_size = 65535;
    world.Install(cluster, {kA});
    Call call(world);
    call.pause_response = true;
    call.Go(world.Get());
    world.loop.RunFor(seconds(5));
    EXPECT_EQ(call.result, "200 ");
    EXPECT_LT(world.Get().stats().upstream_cx_rx_bytes_total.value(), 300'000u);
    call.request.stream()->SetReadPaused(false);
    world.loop.RunFor(seconds(5));
    EXPECT_EQ(call.result.size(), 4 + body.size());
    EXPECT_TRUE(call.closed);
    EXPECT_EQ(world.Get().stats().upstream_cx_rx_bytes_buffered.value(), 0);
  }
}

TEST(Pool, ARequestBlocksAboveTheBufferLimitAndGoesOnWhenItIsTaken) {
  for (auto protocol : {config::Cluster::Protocol::kHttp1, kHttp2}) {
    World world;
    UpstreamServer& server = world.Serve(kA, protocol == kHttp2 ? Speaks::kHttp2 : Speaks::kHttp1);
    config::Cluster cluster = Web(protocol);
    cluster.buffer_limit = 16 * 1024;
    world.Install(cluster, {kA});
    Call call(world);
    call.KeepOpen();
    call.Go(world.Get());
    world.loop.RunReady();
    world.network.Cut(server.address());
    call.Finish(std::string(500'000, 'x'));
    world.loop.RunReady();
    EXPECT_EQ(call.blocked, 1);
    EXPECT_EQ(call.unblocked, 0);
    world.network.Heal(server.address());
    world.loop.RunFor(seconds(1));
    EXPECT_EQ(call.result, "200 10.0.0.1:80");
    EXPECT_EQ(world.Get().stats().upstream_cx_tx_bytes_buffered.value(), 0);
  }
}

}  // namespace
}  // namespace weir::upstream
