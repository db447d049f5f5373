#include "test/sim/end.h"

#include <utility>

#include "test/fakes/sim_network.h"

namespace weir::sim {

End::End(event::Loop& loop, buffer::BlockPool& blocks, std::unique_ptr<net::ByteStream> stream,
         EndUser& user, const Habits& habits, uint64_t seed)
    : habits_(habits),
      user_(user),
      stream_(std::move(stream)),
      random_(seed),
      in_(blocks),
      out_(blocks),
      send_(loop,
            [this] {
              front_due_ = true;
              out_.Append(queue_.front().bytes);
              Flush();
            }),
      resume_(loop, [this] { Read(); }) {
  stream_->SetHandler(this);
}

End::~End() { Close(net::ByteStream::CloseMode::kReset); }

void End::Send(std::string bytes, event::Duration delay, std::function<void()> then) {
  if (closed_) return;
  queue_.push_back({std::move(bytes), delay, std::move(then)});
  if (queue_.size() == 1) Flush();
}

void End::Close(net::ByteStream::CloseMode mode) {
  if (std::exchange(closed_, true)) return;
  send_.Disable();
  resume_.Disable();
  queue_.clear();
  out_.Clear();
  stream_->Close(mode);
}

bool End::WasLateFor(event::Duration delayed_close, event::MonotonicTime now) const {
  const auto since = fakes::SimNetwork::UnreadSince(*stream_);
  return since.has_value() && now - *since >= delayed_close;
}

void End::Flush() {
  if (flushing_) return;
  flushing_ = true;
  while (!closed_ && !queue_.empty()) {
    Piece& front = queue_.front();
    if (!front_due_ && front.delay > event::Duration::zero()) {
      if (!send_.enabled()) send_.Enable(front.delay);
      break;
    }
    if (!std::exchange(front_due_, true)) out_.Append(front.bytes);
    const net::IoResult result = stream_->Write(out_);
    if (result.outcome == net::IoOutcome::kError) break;  // OnFailed, or the end, tells.
    if (!out_.empty()) break;                             // OnWritable goes on.
    front_due_ = false;
    const std::function<void()> then = std::move(front.then);
    queue_.pop_front();
    if (then) then();
  }
  flushing_ = false;
}

bool End::Pauses() {
  if (habits_.pauses_in_1000 == 0 || random_.Below(1000) >= habits_.pauses_in_1000) return false;
  const auto longest = static_cast<uint64_t>(habits_.longest_pause.count());
  resume_.Enable(event::Duration(static_cast<int64_t>(random_.Below(longest) + 1)));
  return true;
}

void End::Read() {
  if (reading_) return;
  reading_ = true;
  while (!closed_ && !ended_ && !resume_.enabled()) {
    const net::IoResult result = stream_->Read(in_, habits_.read_size);
    if (result.bytes > 0) {
      const std::string bytes = in_.ToString();
      in_.Clear();
      user_.OnBytes(bytes);
      if (closed_) break;
      if (Pauses()) break;
    }
    if (result.outcome == net::IoOutcome::kEof) {
      ended_ = true;
      user_.OnEnd();
    } else if (result.outcome == net::IoOutcome::kError) {
      Lose("read failed");
    }
    if (result.outcome != net::IoOutcome::kOk) break;
  }
  reading_ = false;
}

void End::Lose(std::string_view reason) {
  if (closed_) return;
  const std::string why(reason);
  Close(net::ByteStream::CloseMode::kReset);
  user_.OnLost(why);
}

}  // namespace weir::sim
