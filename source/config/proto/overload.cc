#include "source/config/proto/overload.h"

#include <algorithm>
#include <set>

#include "source/config/proto/extensions.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {

namespace pb = envoy::config::overload::v3;

void DecodeMonitors(const pb::OverloadManager& message, const Scope& scope,
                    OverloadManager& manager) {
  std::set<std::string> names;
  for (int i = 0; i < message.resource_monitors_size(); ++i) {
    const pb::ResourceMonitor& monitor = message.resource_monitors(i);
    const Scope item = scope.Item("resource_monitors", i);
    if (!names.insert(monitor.name()).second) {
      item.Field("name").Error("there is a resource monitor of this name already", monitor.name());
    }
    auto config =
        DecodeExtension(monitor.typed_config(), ExtensionDecoders::Category::kResourceMonitor,
                        item.Field("typed_config"));
    if (config != nullptr) manager.monitors.push_back({monitor.name(), std::move(config)});
  }
}

OverloadTrigger DecodeTrigger(const pb::Trigger& message, const Scope& scope,
                              const pb::OverloadManager& manager) {
  const auto& monitors = manager.resource_monitors();
  if (std::none_of(monitors.begin(), monitors.end(), [&](const pb::ResourceMonitor& monitor) {
        return monitor.name() == message.name();
      })) {
    scope.Field("name").Error("there is no resource monitor of this name", message.name());
  }
  OverloadTrigger trigger;
  trigger.monitor = message.name();
  switch (message.trigger_oneof_case()) {
    case pb::Trigger::kThreshold:
      trigger.scaling_threshold = trigger.saturation_threshold = message.threshold().value();
      break;
    case pb::Trigger::kScaled:
      trigger.scaling_threshold = message.scaled().scaling_threshold();
      trigger.saturation_threshold = message.scaled().saturation_threshold();
      if (trigger.scaling_threshold >= trigger.saturation_threshold) {
        scope.Field("scaled").Error("scaling_threshold must be below saturation_threshold",
                                    StrCat(trigger.scaling_threshold));
      }
      break;
    case pb::Trigger::TRIGGER_ONEOF_NOT_SET:
      scope.Error("a trigger is missing: threshold or scaled");
      break;
  }
  return trigger;
}

void DecodeShrinkHeap(const pb::OverloadAction& action, const Scope& scope,
                      OverloadManager& manager) {
  if (!action.has_typed_config()) return;
  const Scope at = scope.Field("typed_config");
  const auto config = Unpack<pb::ShrinkHeapConfig>(action.typed_config(), at);
  if (config == nullptr || !config->has_timer_interval()) return;
  manager.shrink_interval = DecodeDuration(config->timer_interval(), at.Field("timer_interval"));
}

void DecodeAction(const pb::OverloadAction& message, const Scope& scope,
                  const pb::OverloadManager& all, OverloadManager& manager) {
  const std::optional<OverloadActionKind> kind = OverloadActionNamed(message.name());
  if (!kind.has_value()) {
    scope.Field("name").Error("this overload action is not supported", message.name());
    return;
  }
  OverloadAction action;
  action.kind = *kind;
  for (int i = 0; i < message.triggers_size(); ++i) {
    action.triggers.push_back(DecodeTrigger(message.triggers(i), scope.Item("triggers", i), all));
    const auto same = [&](const OverloadTrigger& other) {
      return other.monitor == action.triggers.back().monitor;
    };
    if (std::count_if(action.triggers.begin(), action.triggers.end(), same) > 1) {
      scope.Item("triggers", i)
          .Field("name")
          .Error("there is a trigger for this resource monitor already",
                 message.triggers(i).name());
    }
  }
  if (*kind == OverloadActionKind::kShrinkHeap) {
    DecodeShrinkHeap(message, scope, manager);
  } else if (message.has_typed_config()) {
    scope.Field("typed_config").Error("this overload action has no configuration");
  }
  for (const OverloadAction& other : manager.actions) {
    if (other.kind == *kind) {
      scope.Field("name").Error("there is an action of this name already", message.name());
    }
  }
  manager.actions.push_back(std::move(action));
}

}  // namespace

OverloadManager DecodeOverloadManager(const pb::OverloadManager& message, const Scope& scope) {
  OverloadManager manager;
  if (message.has_refresh_interval()) {
    manager.refresh_interval =
        DecodeDuration(message.refresh_interval(), scope.Field("refresh_interval"));
    if (manager.refresh_interval.count() == 0) {
      scope.Field("refresh_interval").Error("must be above 0");
    }
  }
  DecodeMonitors(message, scope, manager);
  for (int i = 0; i < message.actions_size(); ++i) {
    DecodeAction(message.actions(i), scope.Item("actions", i), message, manager);
  }
  if (message.has_buffer_factory_config()) {
    manager.minimum_account_power =
        message.buffer_factory_config().minimum_account_to_track_power_of_two();
  }
  return manager;
}

}  // namespace weir::config::proto
