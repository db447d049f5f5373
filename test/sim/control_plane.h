// The control plane of a run: the product's own protocol engine over the transport in memory.
#pragma once

#include <memory>
#include <vector>

#include "source/control/engine/engine.h"
#include "test/fakes/fake_xds_transport.h"
#include "test/sim/scene.h"

namespace weir::sim {

class ControlPlane {
 public:
  ControlPlane(Scene& scene, fakes::FakeXdsTransport& transport)
      : scene_(scene), transport_(transport) {}

  void Push(const ConfigState& state);
  // The stream ends; no new one can be made until Return.
  void Lose();
  void Return();
  // Brings what was said from one side to the other; after each turn.
  void Pump();
  // The newest configuration is in force, as far as the proxy was heard.
  bool settled() const { return settled_; }

 private:
  void Carry(std::vector<control::engine::Outgoing>& out);
  void NoteSettled();

  Scene& scene_;
  fakes::FakeXdsTransport& transport_;
  control::engine::Engine engine_;
  size_t stream_opened_ = 0;  // Which of the transport's streams `stream_` is.
  uint64_t stream_ = 0;       // 0: none.
  bool settled_ = false;
  event::MonotonicTime settle_at_ = event::MonotonicTime::max();
};

}  // namespace weir::sim
