#include "test/sim/simulation.h"

#include <algorithm>
#include <memory>

#include "source/base/strings.h"
#include "test/scenario/world.h"
#include "test/sim/client.h"
#include "test/sim/control_plane.h"
#include "test/sim/faults.h"
#include "test/sim/invariants.h"
#include "test/sim/resources.h"
#include "test/sim/upstream.h"

namespace weir::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Where windows and readers are small and slow, all may take minutes. No run takes so long, and
// nothing that drains is cut off before.
constexpr event::Duration kLongestRun = seconds(600);

class Simulation {
 public:
  Simulation(uint64_t seed, Mode mode)
      : plan_(MakePlan(seed, mode)),
        world_(BootstrapOf(plan_), {.seed = seed,
                                    .network = plan_.network,
                                    .workers = plan_.workers,
                                    .drain_time = kLongestRun}),
        journal_(world_.loop()),
        scene_{world_.loop(), world_.network(), blocks_, plan_, journal_, {}, {}, {}},
        control_(scene_, world_.xds()),
        actions_(world_.loop()) {}

  RunResult Go() {
    event::Random random(plan_.seed ^ 0x51515151);
    MakeUpstreams(random);
    if (!Warm()) return Result();
    MakeClients(random);
    Faults faults(scene_, control_);
    ScheduleChanges();
    const event::MonotonicTime began = world_.loop().Now();
    RunUntil([&] { return AllFinished() || StandsStill(scene_, began); }, kLongestRun);
    faults.Heal();
    const event::MonotonicTime healed = world_.loop().Now();
    RunUntil([&] { return TunnelsAreOver(scene_, healed); }, kLongestRun);
    CheckOutcomes(scene_);
    CloseEverything();
    CheckLimits(scene_);
    CheckGauges(scene_, world_.registry());
    ForEachWorkersMemory([this](const auto& memory) { CheckNothingHeld(scene_, memory); });
    EndServer();
    return Result();
  }

 private:
  void MakeUpstreams(event::Random& random);
  void MakeClients(event::Random& random);
  bool Warm();
  void ScheduleChanges();
  void BeginDrain();
  bool AllFinished() const;
  bool RunUntil(const std::function<bool()>& done, event::Duration limit);
  void CheckBounds();
  template <typename Visit>
  void ForEachWorkersMemory(Visit visit) {
    for (size_t i = 0; i < plan_.workers; ++i) visit(world_.server().worker(i).Memory());
  }
  void CloseEverything();
  void EndServer();
  RunResult Result() const;

  Plan plan_;
  scenario::World world_;
  buffer::BlockPool blocks_;
  Journal journal_;
  Scene scene_;
  ControlPlane control_;
  Script actions_;
  std::vector<std::unique_ptr<Upstream>> upstreams_;
  std::vector<std::unique_ptr<Client>> clients_;
  bool drained_ = false;
  size_t turns_ = 0;
};

void Simulation::MakeUpstreams(event::Random& random) {
  for (size_t cluster = 0; cluster < plan_.clusters.size(); ++cluster) {
    const ClusterPlan& plan = plan_.clusters[cluster];
    for (size_t endpoint = 0; endpoint < plan.addresses; ++endpoint) {
      upstreams_.push_back(std::make_unique<Upstream>(
          scene_,
          UpstreamPlace{cluster, endpoint, plan.habits, plan.peer_window, plan.peer_max_streams},
          random.Next()));
    }
  }
}

void Simulation::MakeClients(event::Random& random) {
  for (const ClientPlan& plan : plan_.clients) {
    const auto make = plan.raw ? MakeClientRaw : plan.http2 ? MakeClientH2 : MakeClientH1;
    clients_.push_back(make(scene_, plan, random.Next()));
  }
}

// The first configuration is in force before anybody asks.
bool Simulation::Warm() {
  control_.Push(plan_.first);
  if (RunUntil([this] { return control_.settled(); }, seconds(5))) return true;
  journal_.Fail("the first configuration is never in force");
  return false;
}

void Simulation::ScheduleChanges() {
  event::Duration before{0};
  for (const ChangePlan& change : plan_.changes) {
    actions_.Then(change.at - before, [this, &change] { control_.Push(change.state); });
    before = change.at;
  }
}

void Simulation::BeginDrain() {
  journal_.Note("the server is told to end");
  scene_.ending = true;
  scene_.ending_at = world_.loop().Now();
  world_.server().Shutdown(kLongestRun, [this] { drained_ = true; });
}

bool Simulation::AllFinished() const {
  return std::all_of(clients_.begin(), clients_.end(),
                     [](const auto& client) { return client->finished(); });
}

bool Simulation::RunUntil(const std::function<bool()>& done, event::Duration limit) {
  // A clock that goes on, so that what waits for silence hears it.
  event::Timer tick(world_.loop(), [&tick] { tick.Enable(milliseconds(3)); });
  tick.Enable(milliseconds(3));
  return world_.loop().RunUntilTrue(
      [this, &done] {
        control_.Pump();
        if (++turns_ % 64 == 0) CheckBounds();
        if (plan_.drain_after.has_value() && !scene_.ending && scene_.sent >= *plan_.drain_after) {
          BeginDrain();
        }
        return done();
      },
      limit);
}

void Simulation::CheckBounds() {
  CheckHeldBytes(scene_);
  ForEachWorkersMemory([this](const auto& memory) { CheckMemory(scene_, memory); });
}

void Simulation::CloseEverything() {
  actions_.Cancel();
  for (auto& client : clients_) client->Stop();
  RunUntil([] { return false; }, milliseconds(500));
  for (auto& upstream : upstreams_) upstream->CloseAll();
  // A connect that nobody answers ends by its timeout.
  RunUntil([] { return false; }, kLongestConnect + seconds(1));
}

void Simulation::EndServer() {
  if (!scene_.ending) BeginDrain();
  if (!RunUntil([this] { return drained_; }, seconds(30))) {
    journal_.Fail("the server does not end though nothing is left");
  }
  clients_.clear();
  upstreams_.clear();
}

RunResult Simulation::Result() const {
  RunResult result;
  for (const Exchange& exchange : plan_.exchanges) {
    result.requests += exchange.outcome != Outcome::kWaiting ? 1 : 0;
    result.answered += exchange.outcome == Outcome::kAnswered ? 1 : 0;
    result.lost += exchange.outcome == Outcome::kCut || exchange.outcome == Outcome::kLocal ? 1 : 0;
  }
  result.faults = plan_.CountFaults();
  result.changes = plan_.changes.size();
  for (const std::string& failure : journal_.failures()) StrAppend(result.failure, failure, "\n");
  if (!journal_.failed()) return result;
  for (const std::string& line : journal_.trace()) StrAppend(result.trace, line, "\n");
  return result;
}

}  // namespace

RunResult RunSeed(uint64_t seed, Mode mode) { return Simulation(seed, mode).Go(); }

}  // namespace weir::sim
