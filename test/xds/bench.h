// A client of the protocol in virtual time, with its control plane in the test's hands.
//
// Requests are compared as lines, such as
//   C names=[] version=1 nonce=A                  state of the world; "node": it has the node
//   E +[a,b] -[c] held=[a@1] nonce=A error=...    delta
// and so is what the sinks hear:
//   update v1 a@1 b@1= -c                         '=': unchanged, '!': full state
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/strings.h"
#include "source/stats/stats.h"
#include "source/xds/client.h"
#include "test/fakes/fake_xds_transport.h"
#include "test/fakes/sim_loop.h"

namespace weir::xds {

namespace discovery = envoy::service::discovery::v3;
using Lines = std::vector<std::string>;

inline constexpr const char* kClusters = "type.googleapis.com/test.C";   // Full state.
inline constexpr const char* kEndpoints = "type.googleapis.com/test.E";  // By name.

// A message with `name` in field 1 and `content` in field 2. Both at most 127 bytes.
inline std::string Bytes(std::string_view name, std::string_view content = "") {
  return StrCat('\n', static_cast<char>(name.size()), name, '\x12',
                static_cast<char>(content.size()), content);
}

struct Entry {
  std::string name;
  std::string content;
  std::string version = "";  // Delta, or a wrapper in state of the world.
  int ttl_seconds = -1;      // -1: none
  bool heartbeat = false;
};

inline void FillResource(const Entry& entry, const std::string& type_url,
                         discovery::Resource& resource) {
  resource.set_name(entry.name);
  resource.set_version(entry.version);
  if (entry.ttl_seconds >= 0) resource.mutable_ttl()->set_seconds(entry.ttl_seconds);
  if (entry.heartbeat) return;
  resource.mutable_resource()->set_type_url(type_url);
  resource.mutable_resource()->set_value(Bytes(entry.name, entry.content));
}

inline std::string Sotw(const std::string& type_url, const std::string& version,
                        const std::string& nonce, const std::vector<Entry>& entries) {
  discovery::DiscoveryResponse response;
  response.set_type_url(type_url);
  response.set_version_info(version);
  response.set_nonce(nonce);
  for (const Entry& entry : entries) {
    google::protobuf::Any& any = *response.add_resources();
    if (entry.ttl_seconds >= 0 || entry.heartbeat || !entry.version.empty()) {
      discovery::Resource wrapper;
      FillResource(entry, type_url, wrapper);
      any.set_type_url("type.googleapis.com/envoy.service.discovery.v3.Resource");
      any.set_value(wrapper.SerializeAsString());
    } else {
      any.set_type_url(type_url);
      any.set_value(Bytes(entry.name, entry.content));
    }
  }
  return response.SerializeAsString();
}

inline std::string Delta(const std::string& type_url, const std::string& version,
                         const std::string& nonce, const std::vector<Entry>& entries,
                         const std::vector<std::string>& removed = {}) {
  discovery::DeltaDiscoveryResponse response;
  response.set_type_url(type_url);
  response.set_system_version_info(version);
  response.set_nonce(nonce);
  for (const Entry& entry : entries) FillResource(entry, type_url, *response.add_resources());
  for (const std::string& name : removed) response.add_removed_resources(name);
  return response.SerializeAsString();
}

inline std::string ShortType(std::string_view type_url) {
  return std::string(type_url.substr(type_url.rfind('.') + 1));
}

template <typename Request>
void AppendCommon(const Request& request, std::string& line) {
  if (!request.response_nonce().empty()) StrAppend(line, " nonce=", request.response_nonce());
  if (request.has_error_detail()) StrAppend(line, " error=", request.error_detail().message());
  if (request.has_node()) StrAppend(line, " node=", request.node().id());
}

inline std::string RequestLine(Variant variant, const std::string& bytes) {
  std::string line;
  if (variant == Variant::kSotw) {
    discovery::DiscoveryRequest request;
    if (!request.ParseFromString(bytes)) return "unparsable";
    line =
        StrCat(ShortType(request.type_url()), " names=[", Join(request.resource_names(), ","), "]");
    if (!request.version_info().empty()) StrAppend(line, " version=", request.version_info());
    AppendCommon(request, line);
    return line;
  }
  discovery::DeltaDiscoveryRequest request;
  if (!request.ParseFromString(bytes)) return "unparsable";
  line = ShortType(request.type_url());
  const std::string subscribe = Join(request.resource_names_subscribe(), ",");
  const std::string unsubscribe = Join(request.resource_names_unsubscribe(), ",");
  if (!subscribe.empty()) StrAppend(line, " +[", subscribe, "]");
  if (!unsubscribe.empty()) StrAppend(line, " -[", unsubscribe, "]");
  std::vector<std::string> held;
  for (const auto& [name, version] : request.initial_resource_versions())
    held.push_back(StrCat(name, "@", version));
  std::sort(held.begin(), held.end());
  if (!held.empty()) StrAppend(line, " held=[", Join(held, ","), "]");
  AppendCommon(request, line);
  return line;
}

// Refuses what has "bad" in its bytes. Keeps what it heard, and the resources in force as it
// understands them.
class RecordingSink final : public ResourceSink {
 public:
  explicit RecordingSink(event::Loop& loop) : loop_(loop) {}

  enum class Pace { kInside, kPosted, kHeld };
  Pace pace = Pace::kInside;
  bool transactional = false;
  Lines heard;
  std::vector<std::pair<std::string, std::string>> in_force;  // name, content bytes
  std::deque<std::function<void()>> held;

  Lines TakeHeard() { return std::exchange(heard, {}); }
  void GiveVerdict() {
    auto verdict = std::move(held.front());
    held.pop_front();
    verdict();
  }

  void OnUpdate(Update update, std::function<void(Verdict)> done) override {
    heard.push_back(Line(update));
    Verdict verdict;
    for (const RawResource& resource : update.resources) {
      if (resource.bytes().find("bad") != std::string::npos)
        verdict.rejections.push_back({std::string(resource.name()), "is bad"});
    }
    verdict.applied = !transactional || verdict.rejections.empty();
    auto finish = [this, update = std::move(update), verdict, done = std::move(done)] {
      if (verdict.applied) Apply(update);
      done(verdict);
    };
    switch (pace) {
      case Pace::kInside:
        finish();
        break;
      case Pace::kPosted:
        loop_.Post(finish);
        break;
      case Pace::kHeld:
        held.push_back(finish);
        break;
    }
  }
  void OnResponseRejected(std::string_view version, std::string_view error) override {
    heard.push_back(StrCat("rejected v", version, " ", error));
  }
  void OnFetchTimeout(std::string_view name) override { heard.push_back(StrCat("timeout ", name)); }
  void OnReleased(std::string_view name) override {
    heard.push_back(StrCat("released ", name));
    Drop(name);
  }

 private:
  static std::string Line(const Update& update) {
    std::string line =
        update.cause == Update::Cause::kTtlExpired ? "expired" : StrCat("update v", update.version);
    if (update.full_state) line.push_back('!');
    for (const RawResource& resource : update.resources) {
      StrAppend(line, " ", resource.name(), "@", resource.version(), resource.unchanged ? "=" : "");
    }
    for (const std::string& name : update.removed) StrAppend(line, " -", name);
    return line;
  }
  void Drop(std::string_view name) {
    std::erase_if(in_force, [&](const auto& entry) { return entry.first == name; });
  }
  void Apply(const Update& update) {
    for (const RawResource& resource : update.resources) {
      if (resource.bytes().find("bad") != std::string::npos) continue;
      Drop(resource.name());
      in_force.emplace_back(resource.name(), resource.bytes());
    }
    for (const std::string& name : update.removed) Drop(name);
    std::sort(in_force.begin(), in_force.end());
  }

  event::Loop& loop_;
};

struct Bench {
  explicit Bench(Variant variant_in, uint64_t seed = 1)
      : variant(variant_in),
        loop(seed),
        transport(loop),
        random(seed),
        clusters(loop),
        endpoints(loop) {
    envoy::config::core::v3::Node node;
    node.set_id("n");
    client = std::make_unique<Client>(
        transport, loop, random, stream_stats,
        ClientOptions{.variant = variant, .node = node.SerializeAsString()});
    client->AddType({.type_url = kClusters, .full_state_in_sotw = true}, clusters, cluster_stats);
    client->AddType({.type_url = kEndpoints}, endpoints, endpoint_stats);
  }

  // Lets everything happen that happens at this moment, and gives what the client said.
  Lines Said() {
    loop.RunFor(std::chrono::milliseconds(2));
    if (transport.open_call() == nullptr) return {"(no stream)"};
    Lines lines;
    for (const std::string& bytes : transport.open_call()->TakeSent())
      lines.push_back(RequestLine(variant, bytes));
    return lines;
  }
  Lines After(std::string response) {
    transport.open_call()->Deliver(std::move(response));
    return Said();
  }

  const Variant variant;
  fakes::SimLoop loop;
  fakes::FakeXdsTransport transport;
  event::Random random;
  ControlPlaneStats stream_stats;
  SubscriptionStats cluster_stats;
  SubscriptionStats endpoint_stats;
  RecordingSink clusters;
  RecordingSink endpoints;
  std::unique_ptr<Client> client;
};

}  // namespace weir::xds
