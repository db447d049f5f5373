// Plays the plan's faults at their times, and notes when and where the network misbehaved.
#pragma once

#include "test/sim/control_plane.h"
#include "test/sim/scene.h"
#include "test/sim/script.h"

namespace weir::sim {

class Faults {
 public:
  Faults(Scene& scene, ControlPlane& control);

  // Ends what still lasts.
  void Heal();

 private:
  void Play(const FaultPlan& fault);
  void End(const FaultPlan& fault);
  net::Address AddressOf(const FaultPlan& fault) const;

  Scene& scene_;
  ControlPlane& control_;
  Script script_;
  std::vector<std::unique_ptr<Script>> ends_;
  std::vector<const FaultPlan*> lasting_;
};

}  // namespace weir::sim
