// Random interleavings of snapshots, requests, answers, reconnects and restarts of the server: the
// model client always ends with the newest snapshot, and no route in force ever leads nowhere on
// the way. WEIR_SEEDS in the environment plays more than the usual number of seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/strings.h"
#include "test/control/engine/model_client.h"
#include "test/control/engine/script.h"

namespace weir::control::engine {
namespace {

class Run {
 public:
  Run(Variant variant, uint32_t seed) : random_(seed), client_(*engine_, variant) {
    Publish(false);
    client_.Connect(now_);
  }

  void Play(int steps) {
    for (int i = 0; i < steps; ++i) {
      now_ += std::chrono::milliseconds(Pick(50));
      const uint32_t dice = Pick(100);
      if (dice < 8 && published_ < 14) {
        Publish(true);
      } else if (dice < 10) {
        client_.Connect(now_);
      } else if (dice < 11 && client_.can_tell_what_it_holds()) {
        Restart();
      } else {
        Turn();
      }
      Tick();
      if (testing::Test::HasFailure()) return;
    }
  }

  // A last good snapshot, and everything delivered.
  void Finish() {
    Publish(false);
    for (int i = 0; i < 10000; ++i) {
      if (!client_.HasInbox() && !client_.HasOutbox()) break;
      Turn();
    }
    ASSERT_FALSE(client_.HasInbox() || client_.HasOutbox()) << "the conversation does not end";
  }

  void Check() {
    const std::vector<NodeStatus> status = engine_->Status();
    ASSERT_EQ(status.size(), 1u);
    EXPECT_EQ(status[0].phase, Phase::kSettled) << status[0].stuck_why;
    EXPECT_FALSE(status[0].stuck);
    for (const char* type : {"c", "l", "e", "r"}) {
      std::map<std::string, std::string> wanted;
      if (const TypeView* view = engine_->snapshot()->Find(TypeUrlOf(type))) {
        for (const ResourcePtr& resource : view->resources())
          wanted[resource->name] = ContentOf(*resource);
      }
      const auto held = client_.held().find(type);
      EXPECT_EQ(held == client_.held().end() ? decltype(wanted){} : held->second, wanted) << type;
    }
    EXPECT_TRUE(client_.warming().empty()) << "S12: a cluster waits for endpoints";
  }

  void Explain() {
    for (const std::string& line : client_.journal()) printf("%s\n", line.c_str());
  }

 private:
  uint32_t Pick(uint32_t below) {
    return std::uniform_int_distribution<uint32_t>(0, below - 1)(random_);
  }
  std::string Content(bool may_be_bad) {
    return StrCat(may_be_bad && Pick(12) == 0 ? "bad" : "v", Pick(4));
  }

  // Another server process, which has read the history from its store.
  void Restart() {
    client_.journal().push_back("server restarts");
    engine_ = std::make_unique<Engine>();
    const size_t remembered = std::min(snapshots_.size(), Engine::kRememberedViews);
    for (size_t i = snapshots_.size() - remembered; i < snapshots_.size(); ++i) {
      engine_->RememberClusters(*snapshots_[i]);
    }
    std::vector<Outgoing> out;
    engine_->SetSnapshot(snapshots_.back(), now_, out);
    client_.set_engine(*engine_);
    client_.Connect(now_);
  }

  void Turn() {
    std::vector<Outgoing> out;
    if (client_.HasInbox() && (Pick(2) == 0 || !client_.HasOutbox())) {
      client_.TakeOne();
    } else if (client_.HasOutbox()) {
      client_.SendOne(now_, out);
    }
    Deliver(out);
  }

  void Tick() {
    std::vector<Outgoing> out;
    if (engine_->NextDeadline() && *engine_->NextDeadline() <= now_) engine_->OnTimer(now_, out);
    Deliver(out);
  }

  void Deliver(const std::vector<Outgoing>& out) {
    for (const Outgoing& one : out) client_.Receive(one);
  }

  static void Add(std::vector<ResourcePtr>& to, std::string_view type, const std::string& name,
                  std::string content, std::string_view child,
                  const std::vector<std::string>& children) {
    std::vector<Reference> references;
    for (const std::string& one : children) references.push_back({TypeUrlOf(child), one, "", {}});
    if (!children.empty()) StrAppend(content, ">", Join(children, ","));
    to.push_back(
        MakeResource(TypeUrlOf(type), name, StrCat(name, "=", content), std::move(references)));
  }

  // Some of six clusters with their endpoints, one or two routes over them, a listener for each.
  void Publish(bool may_be_bad) {
    ++published_;
    std::vector<ResourcePtr> resources;
    std::vector<std::string> clusters;
    for (const char* name : {"c1", "c2", "c3", "c4", "c5", "c6"}) {
      if (Pick(2) == 0) clusters.push_back(name);
    }
    if (clusters.empty()) clusters.push_back("c1");
    for (const std::string& name : clusters) {
      Add(resources, "c", name, Content(may_be_bad), "e", {name});
      Add(resources, "e", name, Content(may_be_bad), "", {});
    }
    for (uint32_t i = 0; i <= Pick(2); ++i) {
      const std::string route = StrCat("r", i);
      Add(resources, "r", route, Content(may_be_bad), "c",
          {clusters[Pick(static_cast<uint32_t>(clusters.size()))]});
      Add(resources, "l", StrCat("l", i), Content(may_be_bad), "r", {route});
    }
    std::string shown = "publishes";
    for (const ResourcePtr& resource : resources) StrAppend(shown, " ", ContentOf(*resource));
    client_.journal().push_back(std::move(shown));
    auto snapshot =
        Snapshot::Build(StrCat("r", published_), std::move(resources), engine_->snapshot().get());
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    std::vector<Outgoing> out;
    snapshots_.push_back(*snapshot);
    engine_->SetSnapshot(*std::move(snapshot), now_, out);
    Deliver(out);
  }

  std::mt19937 random_;
  Time now_{std::chrono::seconds(1)};
  std::unique_ptr<Engine> engine_ = std::make_unique<Engine>();
  std::vector<SnapshotPtr> snapshots_;  // All, the oldest first.
  ModelClient client_;
  int published_ = 0;
};

void Runs(Variant variant) {
  const char* const seeds = std::getenv("WEIR_SEEDS");
  const uint32_t last = seeds == nullptr ? 300 : static_cast<uint32_t>(std::atoi(seeds));
  for (uint32_t seed = 1; seed <= last; ++seed) {
    SCOPED_TRACE(StrCat("seed ", seed));
    Run run(variant, seed);
    run.Play(250);
    if (!testing::Test::HasFailure()) run.Finish();
    if (!testing::Test::HasFailure()) run.Check();
    if (!testing::Test::HasFailure()) continue;
    run.Explain();
    return;
  }
}

TEST(Convergence, SotwClientsEndWithTheNewestSnapshotAndNeverDangle) { Runs(Variant::kSotw); }
TEST(Convergence, DeltaClientsEndWithTheNewestSnapshotAndNeverDangle) { Runs(Variant::kDelta); }

}  // namespace
}  // namespace weir::control::engine
