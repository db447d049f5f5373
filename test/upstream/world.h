// What scenarios of upstream are made of: virtual time, a network in memory, workers' cluster maps
// and calls.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/strings.h"
#include "source/upstream/cluster_map.h"
#include "test/fakes/sim_loop.h"
#include "test/fakes/sim_network.h"
#include "test/upstream/upstream_server.h"

namespace weir::upstream {

// One generation's clusters, built by hand.
class Clusters {
 public:
  static std::shared_ptr<const config::Endpoints> At(const std::vector<std::string>& addresses) {
    auto endpoints = std::make_shared<config::Endpoints>();
    for (const std::string& address : addresses) {
      endpoints->endpoints.push_back({.address = *net::Address::Parse(address)});
    }
    return endpoints;
  }
  void Set(config::Cluster cluster, const std::vector<std::string>& addresses,
           std::shared_ptr<const net::TransportSocketFactory> transport = nullptr) {
    SetEntry({std::make_shared<const config::Cluster>(std::move(cluster)), At(addresses),
              transport == nullptr
                  ? nullptr
                  : std::make_shared<const config::Transports>(1, std::move(transport))});
  }
  void SetEntry(config::ClusterEntry entry) {
    const std::string name = entry.config->name;
    versions_.push_back(
        std::make_unique<PersistentMap<config::ClusterEntry>>(now().Set(name, std::move(entry))));
  }
  void SetEndpoints(const std::string& name, const std::vector<std::string>& addresses) {
    versions_.push_back(std::make_unique<PersistentMap<config::ClusterEntry>>(
        now().Set(name, {now().Find(name)->config, At(addresses)})));
  }
  void Erase(const std::string& name) {
    versions_.push_back(std::make_unique<PersistentMap<config::ClusterEntry>>(now().Erase(name)));
  }
  const PersistentMap<config::ClusterEntry>& now() const { return *versions_.back(); }

 private:
  std::vector<std::unique_ptr<PersistentMap<config::ClusterEntry>>> versions_ = [] {
    std::vector<std::unique_ptr<PersistentMap<config::ClusterEntry>>> first;
    first.push_back(std::make_unique<PersistentMap<config::ClusterEntry>>());
    return first;
  }();
};

struct World {
  explicit World(uint64_t seed = 1, uint32_t workers = 1)
      : loop(seed), network(loop), random(seed), breakers(workers) {
    for (uint32_t i = 0; i < workers; ++i) maps.push_back(std::make_unique<ClusterMap>(Platform()));
  }
  ~World() {
    maps.clear();
    servers.clear();
    loop.RunReady();
  }

  ClusterPlatform Platform() {
    return {.loop = loop,
            .network = network,
            .random = random,
            .blocks = blocks,
            .stats = stats,
            .breakers = breakers,
            .release = nullptr};
  }
  UpstreamServer& Serve(std::string_view address,
                        UpstreamServer::Speaks speaks = UpstreamServer::Speaks::kHttp1) {
    servers.push_back(std::make_unique<UpstreamServer>(loop, network, blocks, address, speaks));
    return *servers.back();
  }
  void Install() {
    for (auto& map : maps) map->Install(clusters.now());
  }
  void Install(config::Cluster cluster, const std::vector<std::string>& addresses,
               std::shared_ptr<const net::TransportSocketFactory> transport = nullptr) {
    clusters.Set(std::move(cluster), addresses, std::move(transport));
    Install();
  }
  Cluster& Get(std::string_view name = "web", size_t worker = 0) {
    return *maps[worker]->Find(name);
  }

  buffer::BlockPool blocks;
  fakes::SimLoop loop;
  fakes::SimNetwork network;
  event::Random random;
  stats::Registry stats;
  BreakerRegistry breakers;
  Clusters clusters;
  std::vector<std::unique_ptr<ClusterMap>> maps;
  std::vector<std::unique_ptr<UpstreamServer>> servers;
};

// One GET. What happened to it is one text: "200 <body>", "failed <kind>", "reset <kind>",
// "pending", "".
class Call final : public StreamRequestHandler, public http::ClientStreamHandler {
 public:
  explicit Call(World& world)
      : world_(world), arena_(world.blocks), head_(arena_), request(*this, *this) {}

  Call& Go(Cluster& cluster, StreamOptions options = {}) {
    options.random = world_.random.Next();
    switch (cluster.StartStream(request, options)) {
      case Start::kReady:
        Send();
        break;
      case Start::kPending:
        result = "pending";
        break;
      case Start::kFailed:
        result = StrCat("failed ", Name(request.error().kind));
        break;
    }
    return *this;
  }
  // The request is sent but for its end.
  void KeepOpen() { keep_open_ = true; }
  void Finish(std::string_view body) {
    buffer::Buffer data(world_.blocks);
    data.Append(body);
    request.stream()->EncodeBody(data, true);
  }
  void Reset() { request.stream()->Reset({.kind = http::ErrorKind::kLocalReset}); }

  static std::string_view Name(http::ErrorKind kind) {
    switch (kind) {
      case http::ErrorKind::kConnectFailed:
        return "connect-failed";
      case http::ErrorKind::kConnectTimeout:
        return "connect-timeout";
      case http::ErrorKind::kConnectionClosed:
        return "closed";
      case http::ErrorKind::kRefusedStream:
        return "refused";
      case http::ErrorKind::kOverflow:
        return "overflow";
      case http::ErrorKind::kNoHealthyHost:
        return "no-host";
      case http::ErrorKind::kStreamReset:
        return "stream-reset";
      default:
        return "other";
    }
  }

  std::string result;
  http::StreamError error;
  bool closed = false;
  bool pause_response = false;
  std::function<void()> on_reset;
  int blocked = 0;  // Times OnBackpressure(true) came.
  int unblocked = 0;

 private:
  void Send() {
    result = "sent";
    buffer::Arena arena(world_.blocks);
    http::RequestHead head(arena);
    head.method = keep_open_ ? "POST" : "GET";
    head.scheme = "http";
    head.authority = "web";
    head.path = "/";
    if (keep_open_) head.framing.kind = http::Framing::kChunked;
    request.stream()->EncodeHeaders(head, !keep_open_);
    if (pause_response) request.stream()->SetReadPaused(true);
  }
  void OnStreamReady() override { Send(); }
  void OnStreamFailed(const http::StreamError& why) override {
    error = why;
    result = StrCat("failed ", Name(why.kind));
  }
  http::ResponseHead& response_head() override { return head_; }
  void OnInformational() override {}
  void OnHeaders(bool end) override {
    result = StrCat(head_.status, " ");
    complete_ = end;
  }
  void OnBody(buffer::Buffer& data, bool end) override {
    result += data.ToString();
    complete_ = end;
  }
  void OnTrailers(http::HeaderMap&) override { complete_ = true; }
  void OnReset(const http::StreamError& why) override {
    error = why;
    result = StrCat("reset ", Name(why.kind));
    if (on_reset) on_reset();
  }
  void OnBackpressure(bool is_blocked) override { ++(is_blocked ? blocked : unblocked); }
  void OnStreamClosed() override { closed = true; }

  World& world_;
  buffer::Arena arena_;
  http::ResponseHead head_;
  bool keep_open_ = false;
  bool complete_ = false;

 public:
  StreamRequest request;  // Last: it goes first.
};

}  // namespace weir::upstream
