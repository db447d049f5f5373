#include "test/sim/faults.h"

#include <algorithm>

#include "source/base/strings.h"

namespace weir::sim {
namespace {

using Kind = FaultPlan::Kind;
using Towards = fakes::SimNetwork::Towards;

// So long after a fault a pooled connection may still be found dead, or a request be cut.
constexpr event::Duration kAftermath = std::chrono::milliseconds(1500);

std::string_view NameOf(Kind kind) {
  constexpr std::string_view kNames[] = {"reset of all connections to",
                                         "reset of the next connection to",
                                         "cut of",
                                         "refusal at",
                                         "silence at",
                                         "loss of the control plane"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace

Faults::Faults(Scene& scene, ControlPlane& control)
    : scene_(scene), control_(control), script_(scene.loop) {
  event::Duration before{0};
  for (const FaultPlan& fault : scene.plan.faults) {
    script_.Then(fault.at - before, [this, &fault] { Play(fault); });
    before = fault.at;
  }
}

net::Address Faults::AddressOf(const FaultPlan& fault) const {
  return *net::Address::Parse(fault.clients ? ListenerAddress(fault.listener)
                                            : UpstreamAddress(fault.cluster, fault.endpoint));
}

void Faults::Play(const FaultPlan& fault) {
  const net::Address address = AddressOf(fault);
  const bool control = fault.kind == Kind::kLoseControlPlane;
  scene_.journal.Note(
      StrCat("fault: ", NameOf(fault.kind), control ? "" : " ", control ? "" : address.ToString()));
  const event::MonotonicTime now = scene_.loop.Now();
  event::MonotonicTime until = now + kAftermath;
  switch (fault.kind) {
    case Kind::kResetAll:
      scene_.network.ResetAll(address);
      break;
    case Kind::kResetNext:
      scene_.network.ResetNext(address, fault.towards_server ? Towards::kServer : Towards::kClient,
                               fault.bytes);
      until = event::MonotonicTime::max();  // Whenever that connection comes, and fills.
      break;
    case Kind::kCut:
      scene_.network.Cut(address);
      until += fault.lasts;
      break;
    case Kind::kRefuse:
      scene_.network.Refuse(address);
      until += fault.lasts;
      break;
    case Kind::kDrop:
      scene_.network.Drop(address);
      // A connect that met silence fails by its timeout.
      until += fault.lasts + std::chrono::seconds(10);
      break;
    case Kind::kLoseControlPlane:
      control_.Lose();
      break;
  }
  if (!control) scene_.faults.Add(fault.clients, now, until);
  if (fault.kind == Kind::kResetAll || fault.kind == Kind::kResetNext) return;
  lasting_.push_back(&fault);
  ends_.push_back(std::make_unique<Script>(scene_.loop));
  ends_.back()->Then(fault.lasts, [this, &fault] { End(fault); });
}

void Faults::End(const FaultPlan& fault) {
  if (std::erase(lasting_, &fault) == 0) return;
  if (fault.kind == Kind::kLoseControlPlane) {
    // Another loss may last longer.
    for (const FaultPlan* other : lasting_) {
      if (other->kind == fault.kind) return;
    }
    return control_.Return();
  }
  const net::Address address = AddressOf(fault);
  if (fault.kind == Kind::kCut) {
    scene_.network.Heal(address);
  } else {
    scene_.network.Restore(address);
  }
}

void Faults::Heal() {
  script_.Cancel();
  for (auto& end : ends_) end->Cancel();
  for (const FaultPlan* fault : std::vector<const FaultPlan*>(lasting_)) End(*fault);
}

}  // namespace weir::sim
