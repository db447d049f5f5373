// Whatever the order of changes, verdicts, lost streams and subscriptions: in the end the client
// has what the server has. A model server speaks by the rules; a seed repeats a run.
#include <map>
#include <set>

#include "gtest/gtest.h"
#include "test/xds/bench.h"

namespace weir::xds {
namespace {

// What the server would like its clients to have.
struct World {
  std::map<std::string, std::string> content;  // name -> content
  uint64_t version = 0;
};

// One type on one stream, by the rules for servers: at most one unanswered response, stale requests
// are ignored (state of the world) or only read for their names (delta), a name asked for anew is
// answered.
class ModelType {
 public:
  ModelType(Variant variant, std::string type_url, bool full_state)
      : variant_(variant), type_url_(std::move(type_url)), full_state_(full_state) {}

  void Hear(const discovery::DiscoveryRequest& request) {
    if (asked_ && request.response_nonce() != nonce_) return;
    if (!nonce_.empty()) awaited_ = false;
    std::set<std::string> names(request.resource_names().begin(), request.resource_names().end());
    named_ = named_ || !names.empty();
    wildcard_ = names.contains("*") || (full_state_ && !named_);
    for (const std::string& name : names) {
      if (!names_.contains(name)) sent_.erase(name);
    }
    std::erase_if(sent_,
                  [&](const auto& sent) { return !wildcard_ && !names.contains(sent.first); });
    if (names != names_ || !asked_) must_send_ = true;
    names_ = std::move(names);
    asked_ = true;
  }

  void Hear(const discovery::DeltaDiscoveryRequest& request) {
    if (!request.response_nonce().empty() && request.response_nonce() == nonce_) awaited_ = false;
    if (!asked_) {
      for (const auto& [name, version] : request.initial_resource_versions()) sent_[name] = version;
      wildcard_ = request.resource_names_subscribe().empty();
      must_send_ = true;
    }
    for (const std::string& name : request.resource_names_subscribe()) {
      if (name == "*") wildcard_ = true;
      names_.insert(name);
      if (asked_) sent_.erase(name);
      told_missing_.erase(name);
      must_send_ = true;
    }
    for (const std::string& name : request.resource_names_unsubscribe()) {
      if (name == "*") wildcard_ = false;
      names_.erase(name);
      sent_.erase(name);
      if (wildcard_ && name != "*") must_send_ = true;
    }
    if (!wildcard_)
      std::erase_if(sent_, [&](const auto& sent) { return !names_.contains(sent.first); });
    asked_ = true;
  }

  // The next response, if one is due.
  std::optional<std::string> Speak(const World& world) {
    if (!asked_ || awaited_) return std::nullopt;
    return variant_ == Variant::kSotw ? SpeakSotw(world) : SpeakDelta(world);
  }

 private:
  bool Covers(const std::string& name) const { return wildcard_ || names_.contains(name); }

  std::string NextNonce() {
    awaited_ = true;
    must_send_ = false;
    nonce_ = StrCat("n", ++nonces_);
    return nonce_;
  }

  std::optional<std::string> SpeakSotw(const World& world) {
    std::vector<Entry> changed;
    std::vector<Entry> all;
    for (const auto& [name, content] : world.content) {
      if (!Covers(name)) continue;
      all.push_back({name, content});
      if (!sent_.contains(name) || sent_[name] != content) changed.push_back({name, content});
    }
    const bool lost = std::any_of(sent_.begin(), sent_.end(), [&](const auto& sent) {
      return !world.content.contains(sent.first);
    });
    if (full_state_ ? !(must_send_ || !changed.empty() || lost) : changed.empty())
      return std::nullopt;
    const std::vector<Entry>& entries = full_state_ ? all : changed;
    if (full_state_) sent_.clear();
    for (const Entry& entry : entries) sent_[entry.name] = entry.content;
    return Sotw(type_url_, StrCat(world.version), NextNonce(), entries);
  }

  std::optional<std::string> SpeakDelta(const World& world) {
    std::vector<Entry> changed;
    std::vector<std::string> removed;
    for (const auto& [name, content] : world.content) {
      if (!Covers(name) || (sent_.contains(name) && sent_[name] == VersionOf(content))) continue;
      changed.push_back({name, content, VersionOf(content)});
      sent_[name] = VersionOf(content);
      told_missing_.erase(name);
    }
    for (const auto& [name, version] : sent_) {
      if (!world.content.contains(name)) removed.push_back(name);
    }
    for (const std::string& name : removed) sent_.erase(name);
    for (const std::string& name : names_) {
      if (name == "*" || world.content.contains(name)) continue;
      if (told_missing_.insert(name).second) removed.push_back(name);
    }
    std::sort(removed.begin(), removed.end());
    removed.erase(std::unique(removed.begin(), removed.end()), removed.end());
    if (changed.empty() && removed.empty() && !(must_send_ && wildcard_)) return std::nullopt;
    return Delta(type_url_, StrCat(world.version), NextNonce(), changed, removed);
  }

  static std::string VersionOf(const std::string& content) { return StrCat("v", content); }

  const Variant variant_;
  const std::string type_url_;
  const bool full_state_;
  bool asked_ = false;
  bool named_ = false;
  bool wildcard_ = false;
  bool must_send_ = false;
  bool awaited_ = false;
  uint64_t nonces_ = 0;
  std::string nonce_;
  std::set<std::string> names_;
  std::map<std::string, std::string> sent_;  // name -> content or version
  std::set<std::string> told_missing_;
};

class ModelServer {
 public:
  ModelServer(Bench& bench, World& clusters, World& endpoints)
      : bench_(bench), clusters_(clusters), endpoints_(endpoints) {}

  // Hears everything, says at most `responses` things.
  void Turn(int responses) {
    auto* call = bench_.transport.open_call();
    if (call == nullptr) return;
    if (stream_ != bench_.transport.opened()) {
      stream_ = bench_.transport.opened();
      cluster_type_ = std::make_unique<ModelType>(bench_.variant, kClusters, true);
      endpoint_type_ = std::make_unique<ModelType>(bench_.variant, kEndpoints, false);
    }
    for (const std::string& bytes : call->TakeSent()) {
      if (bench_.variant == Variant::kSotw) {
        discovery::DiscoveryRequest request;
        ASSERT_TRUE(request.ParseFromString(bytes));
        TypeOf(request.type_url()).Hear(request);
      } else {
        discovery::DeltaDiscoveryRequest request;
        ASSERT_TRUE(request.ParseFromString(bytes));
        TypeOf(request.type_url()).Hear(request);
      }
    }
    for (int i = 0; i < responses; ++i) {
      if (auto response = cluster_type_->Speak(clusters_)) call->Deliver(*std::move(response));
      if (auto response = endpoint_type_->Speak(endpoints_)) call->Deliver(*std::move(response));
    }
  }

 private:
  ModelType& TypeOf(const std::string& type_url) {
    return type_url == kClusters ? *cluster_type_ : *endpoint_type_;
  }

  Bench& bench_;
  World& clusters_;
  World& endpoints_;
  size_t stream_ = 0;
  std::unique_ptr<ModelType> cluster_type_;
  std::unique_ptr<ModelType> endpoint_type_;
};

class RandomRun {
 public:
  RandomRun(Variant variant, uint64_t seed)
      : bench_(variant, seed), random_(seed * 977 + 5), server_(bench_, clusters_, endpoints_) {}

  void Go() {
    bench_.client->Subscribe(kClusters, kWildcard);
    bench_.client->Start();
    for (int step = 0; step < 150; ++step) Step();
    Settle();
    EXPECT_EQ(bench_.clusters.in_force, Expected(clusters_, nullptr));
    EXPECT_EQ(bench_.endpoints.in_force, Expected(endpoints_, &wanted_));
  }

 private:
  using InForce = std::vector<std::pair<std::string, std::string>>;

  void Step() {
    World& world = random_.Below(2) == 0 ? clusters_ : endpoints_;
    RecordingSink& sink = random_.Below(2) == 0 ? bench_.clusters : bench_.endpoints;
    const std::string name(1, static_cast<char>('a' + random_.Below(6)));
    switch (random_.Below(9)) {
      case 0:
      case 1:
        world.content[name] = StrCat(++world.version, random_.Below(5) == 0 ? "bad" : "");
        break;
      case 2:
        ++world.version;
        world.content.erase(name);
        break;
      case 3:
        if (!wanted_.insert(name).second) break;
        bench_.client->Subscribe(kEndpoints, name);
        break;
      case 4:
        if (wanted_.erase(name) > 0) bench_.client->Unsubscribe(kEndpoints, name);
        break;
      case 5:
        sink.pace = static_cast<RecordingSink::Pace>(random_.Below(3));
        break;
      case 6:
        if (!sink.held.empty()) sink.GiveVerdict();
        break;
      case 7:
        if (random_.Below(4) == 0 && bench_.transport.open_call() != nullptr) {
          bench_.transport.open_call()->End(absl::UnavailableError("restart"));
        }
        break;
      default:
        break;
    }
    server_.Turn(static_cast<int>(random_.Below(2)));
    if (random_.Below(2) == 0) bench_.loop.RunFor(std::chrono::milliseconds(random_.Below(300)));
  }

  // Everything becomes valid, and all that is under way ends.
  void Settle() {
    for (World* world : {&clusters_, &endpoints_}) {
      for (auto& [name, content] : world->content) {
        if (content.ends_with("bad")) content = StrCat(++world->version);
      }
    }
    bench_.clusters.pace = bench_.endpoints.pace = RecordingSink::Pace::kInside;
    for (int i = 0; i < 400; ++i) {
      if (!bench_.clusters.held.empty()) bench_.clusters.GiveVerdict();
      if (!bench_.endpoints.held.empty()) bench_.endpoints.GiveVerdict();
      server_.Turn(1);
      bench_.loop.RunFor(std::chrono::milliseconds(i < 300 ? 300 : 2));
    }
  }

  // In state of the world a removed endpoint resource stays until nobody wants it: absence says
  // nothing.
  InForce Expected(const World& world, const std::set<std::string>* wanted) {
    InForce expected;
    for (const auto& [name, content] : world.content) {
      if (wanted == nullptr || wanted->contains(name))
        expected.emplace_back(name, Bytes(name, content));
    }
    if (wanted != nullptr && bench_.variant == Variant::kSotw) {
      for (const auto& [name, bytes] : bench_.endpoints.in_force) {
        if (wanted->contains(name) && !world.content.contains(name))
          expected.emplace_back(name, bytes);
      }
      std::sort(expected.begin(), expected.end());
    }
    return expected;
  }

  World clusters_;
  World endpoints_;
  std::set<std::string> wanted_;
  Bench bench_;
  event::Random random_;
  ModelServer server_;
};

TEST(ConvergenceTest, TheClientEndsWithWhatTheServerHas) {
  for (const Variant variant : {Variant::kSotw, Variant::kDelta}) {
    for (uint64_t seed = 1; seed <= 150; ++seed) {
      SCOPED_TRACE(StrCat(variant == Variant::kSotw ? "sotw" : "delta", " seed ", seed));
      RandomRun(variant, seed).Go();
      if (::testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace weir::xds
