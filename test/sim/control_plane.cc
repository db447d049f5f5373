#include "test/sim/control_plane.h"

#include "source/base/check.h"
#include "source/base/strings.h"
#include "test/sim/resources.h"

namespace weir::sim {
namespace {

// From the last acknowledgement to the last worker, with ample room.
constexpr event::Duration kInstalling = std::chrono::milliseconds(5);

}  // namespace

void ControlPlane::Push(const ConfigState& state) {
  scene_.journal.Note(StrCat("configuration ", state.number,
                             state.spoiled == Spoiled::kNothing ? "" : ", with something invalid"));
  const auto snapshot = control::engine::Snapshot::Build(
      StrCat(state.number), ResourcesOf(scene_.plan, state), engine_.snapshot().get());
  WEIR_CHECK(snapshot.ok(), "the simulation's own configuration is wrong");
  scene_.history.Add(state, scene_.loop.Now());
  std::vector<control::engine::Outgoing> out;
  engine_.SetSnapshot(*snapshot, scene_.loop.Now(), out);
  Carry(out);
  settled_ = false;
}

void ControlPlane::Lose() {
  scene_.journal.Note("the control plane is lost");
  transport_.set_refuse(absl::UnavailableError("gone"));
  if (auto* call = transport_.open_call()) call->End(absl::UnavailableError("gone"));
  if (stream_ != 0) engine_.Close(stream_);
  stream_ = 0;
}

void ControlPlane::Return() {
  scene_.journal.Note("the control plane is back");
  transport_.set_refuse(absl::OkStatus());
}

void ControlPlane::Pump() {
  const event::MonotonicTime now = scene_.loop.Now();
  auto* const call = transport_.open_call();
  if (call == nullptr) return;
  std::vector<control::engine::Outgoing> out;
  if (stream_opened_ != transport_.opened()) {
    if (stream_ != 0) engine_.Close(stream_);
    stream_opened_ = transport_.opened();
    stream_ = engine_.Open(
        {.variant = call->variant() == xds::Variant::kDelta ? control::engine::Variant::kDelta
                                                            : control::engine::Variant::kSotw},
        "sim", now);
  }
  if (stream_ == 0) return;  // Lost, and the proxy is about to hear of it.
  for (const std::string& bytes : call->TakeSent()) engine_.OnRequest(stream_, bytes, now, out);
  const auto deadline = engine_.NextDeadline();
  if (deadline.has_value() && *deadline <= now) engine_.OnTimer(now, out);
  Carry(out);
  NoteSettled();
}

void ControlPlane::Carry(std::vector<control::engine::Outgoing>& out) {
  auto* const call = transport_.open_call();
  for (const control::engine::Outgoing& outgoing : out) {
    if (call == nullptr || outgoing.stream != stream_) continue;
    if (!outgoing.close.ok()) {
      scene_.journal.Fail(
          StrCat("the control plane refuses what the proxy says: ", outgoing.close.ToString()));
      continue;
    }
    call->Deliver(outgoing.bytes.Joined());
  }
}

void ControlPlane::NoteSettled() {
  if (settled_) return;
  const event::MonotonicTime now = scene_.loop.Now();
  const ConfigState& newest = scene_.history.newest();
  bool quiet = stream_ != 0;
  for (const control::engine::NodeStatus& status : engine_.Status()) {
    quiet = quiet && status.phase == control::engine::Phase::kSettled && !status.stuck &&
            status.label == StrCat(newest.number);
    for (const control::engine::TypeStatus& type : status.types) {
      quiet = quiet && !type.waiting && !type.nack.has_value();
    }
  }
  if (!quiet) {
    settle_at_ = event::MonotonicTime::max();
  } else if (settle_at_ == event::MonotonicTime::max()) {
    settle_at_ = now + kInstalling;
  } else if (now >= settle_at_) {
    settled_ = true;
    settle_at_ = event::MonotonicTime::max();
    // A server that ends takes no configuration any more.
    if (scene_.ending) return;
    scene_.history.Settle(newest.number, now);
    scene_.journal.Note(StrCat("configuration ", newest.number, " is in force"));
  }
}

}  // namespace weir::sim
