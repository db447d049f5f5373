#include "source/server/overload_manager.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/server/overload_stats.h"

namespace weir::server {
namespace {

using config::OverloadActionKind;

int64_t Percent(double share) { return static_cast<int64_t>(std::lround(share * 100)); }

}  // namespace

// One block for each monitor and action, in their order.
struct OverloadManager::Stats {
  std::vector<std::unique_ptr<stats::Block<PressureStats>>> monitors;
  std::vector<std::unique_ptr<stats::Block<ActionStats>>> actions;
  std::unique_ptr<stats::Block<ShrinkHeapStats>> shrink;
  std::unique_ptr<stats::Block<ResetStreamStats>> reset;
};

absl::StatusOr<std::unique_ptr<OverloadManager>> OverloadManager::Create(
    const config::OverloadManager& config, const filter::Factories& factories,
    const OverloadSeams& seams, OverloadActions actions) {
  Monitors monitors;
  for (const config::NamedExtension& monitor : config.monitors) {
    const auto make = factories.resource_monitors.find(monitor.config->extension_name());
    if (make == factories.resource_monitors.end()) {
      return InvalidArgument(StrCat("overload_manager: this program has no resource monitor \"",
                                    monitor.config->extension_name(), "\""));
    }
    WEIR_ASSIGN_OR_RETURN(auto made,
                          make->second(*monitor.config, filter::MonitoredResources{seams.heap}));
    monitors.push_back(std::move(made));
  }
  return std::unique_ptr<OverloadManager>(
      new OverloadManager(config, std::move(monitors), seams, std::move(actions)));
}

OverloadManager::OverloadManager(const config::OverloadManager& config, Monitors monitors,
                                 const OverloadSeams& seams, OverloadActions actions)
    : config_(config),
      monitors_(std::make_shared<const Monitors>(std::move(monitors))),
      seams_(seams),
      actions_(std::move(actions)),
      stats_(std::make_unique<Stats>()),
      refresh_(seams.loop, [this] { Refresh(); }),
      shrink_pause_(seams.loop, [] {}),
      self_(std::make_shared<OverloadManager*>(this)) {
  for (const config::NamedExtension& monitor : config_.monitors) {
    stats_->monitors.push_back(std::make_unique<stats::Block<PressureStats>>(
        seams.registry, stats::Scope{"overload.", monitor.name}));
  }
  for (const config::OverloadAction& action : config_.actions) {
    const stats::Scope scope{"overload.", std::string(config::NameOf(action.kind))};
    stats_->actions.push_back(std::make_unique<stats::Block<ActionStats>>(seams.registry, scope));
    if (action.kind == OverloadActionKind::kShrinkHeap) {
      stats_->shrink = std::make_unique<stats::Block<ShrinkHeapStats>>(seams.registry, scope);
    }
    if (action.kind == OverloadActionKind::kResetHighMemoryStream) {
      stats_->reset = std::make_unique<stats::Block<ResetStreamStats>>(seams.registry, scope);
    }
  }
}

OverloadManager::~OverloadManager() = default;

void OverloadManager::Start() { Refresh(); }

std::optional<uint64_t> OverloadManager::max_downstream_connections() const {
  std::optional<uint64_t> least;
  for (const auto& monitor : *monitors_) {
    const std::optional<uint64_t> most = monitor->max_downstream_connections();
    if (most.has_value()) least = std::min(*most, least.value_or(*most));
  }
  return least;
}

void OverloadManager::OnStreamsReset(uint64_t count) {
  if (stats_->reset != nullptr) (*stats_->reset)->count.Add(count);
}

void OverloadManager::Refresh() {
  refresh_.Enable(config_.refresh_interval);
  seams_.executor.Run(
      [weak = std::weak_ptr<OverloadManager*>(self_), monitors = monitors_, &loop = seams_.loop] {
        Pressures pressures;
        for (const auto& monitor : *monitors) pressures.push_back(monitor->Pressure());
        loop.Post([weak, pressures = std::move(pressures)] {
          if (const auto self = weak.lock()) (*self)->Apply(pressures);
        });
      });
}

void OverloadManager::Apply(const Pressures& pressures) {
  for (size_t i = 0; i < pressures.size(); ++i) {
    (*stats_->monitors[i])->pressure.Set(Percent(pressures[i].value_or(0)));
  }
  proxy::OverloadState state;
  for (size_t i = 0; i < config_.actions.size(); ++i) {
    const config::OverloadAction& action = config_.actions[i];
    const double scale = ScaleOf(action, pressures);
    ActionStats& stats = **stats_->actions[i];
    if ((stats.active.value() == 1) != (scale >= 1)) {
      WEIR_LOG(kMain, kWarn, "overload action ", config::NameOf(action.kind), " is ",
               scale >= 1 ? "active" : "not active any more");
    }
    stats.active.Set(scale >= 1 ? 1 : 0);
    stats.scale_percent.Set(Percent(scale));
    Act(action.kind, scale, state);
  }
  if (state == state_) return;
  state_ = state;
  actions_.set(state_);
}

double OverloadManager::ScaleOf(const config::OverloadAction& action,
                                const Pressures& pressures) const {
  double scale = 0;
  for (const config::OverloadTrigger& trigger : action.triggers) {
    for (size_t i = 0; i < pressures.size(); ++i) {
      if (config_.monitors[i].name != trigger.monitor || !pressures[i].has_value()) continue;
      scale = std::max(scale, trigger.ScaleAt(*pressures[i]));
    }
  }
  return scale;
}

void OverloadManager::Act(OverloadActionKind kind, double scale, proxy::OverloadState& state) {
  switch (kind) {
    case OverloadActionKind::kStopAcceptingRequests:
      state.stop_accepting_requests = scale;
      return;
    case OverloadActionKind::kDisableHttpKeepalive:
      state.disable_http_keepalive = scale;
      return;
    case OverloadActionKind::kStopAcceptingConnections:
      state.stop_accepting_connections = scale >= 1;
      return;
    case OverloadActionKind::kRejectIncomingConnections:
      state.reject_incoming_connections = scale;
      return;
    case OverloadActionKind::kShrinkHeap:
      return ShrinkHeap(scale >= 1);
    case OverloadActionKind::kResetHighMemoryStream:
      return ResetStreams(scale);
  }
}

// At once when it becomes active, and then at each interval.
void OverloadManager::ShrinkHeap(bool wanted) {
  if (!wanted || shrink_pause_.enabled()) return;
  shrink_pause_.Enable(config_.shrink_interval);
  (*stats_->shrink)->shrink_count.Inc();
  seams_.executor.Run([&heap = seams_.heap] { heap.Shrink(); });
}

// The higher the scale, the smaller the streams that are reset: the classes begin at the smallest
// size that is looked at, and each is twice the one before.
void OverloadManager::ResetStreams(double scale) {
  if (scale <= 0) return;
  const auto classes =
      std::min(static_cast<uint32_t>(std::floor(scale * kSizeClasses)) + 1, kSizeClasses);
  actions_.reset_streams(size_t{1} << (config_.minimum_account_power + kSizeClasses - classes));
}

}  // namespace weir::server
