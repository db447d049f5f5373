#include "test/fakes/sim_stream.h"

#include <algorithm>
#include <utility>

#include "source/base/check.h"

namespace weir::fakes {

using net::IoOutcome;
using net::IoResult;

SimStream::SimStream(SimNetwork& network, std::shared_ptr<Wire> wire, SimNetwork::Towards sends,
                     net::Address local, net::Address remote)
    : network_(network),
      loop_(network.loop_),
      wire_(std::move(wire)),
      sends_(sends),
      local_(std::move(local)),
      remote_(std::move(remote)),
      arrival_(loop_, [this] { OnArrival(); }),
      room_(loop_, [this] { OnRoom(); }) {
  network_.streams_.push_back(this);
  if (sends_ == SimNetwork::Towards::kServer) arrival_.Enable(wire_->options.latency);
}

SimStream::~SimStream() {
  Close(ended_read_ && ended_write_ ? CloseMode::kNormal : CloseMode::kReset);
}

void SimStream::Join(SimStream& client, SimStream& server) {
  client.peer_ = &server;
  server.peer_ = &client;
  server.state_ = State::kOpen;
  client.Established();
  for (size_t bytes : client.wire_->bytes_to_reset) {
    if (bytes == 0) {
      client.InjectReset();
      server.InjectReset();
    }
  }
}

void SimStream::Established() {
  connected_ = true;
  arrival_.Enable(wire_->options.latency);
}

void SimStream::FailConnect(std::string_view reason) { Fail(reason); }

void SimStream::InjectReset() {
  wire_->reset = true;
  Receive(Chunk{Kind::kReset, "", loop_.Now() + wire_->options.latency});
}

void SimStream::Kick() {
  if (state_ == State::kConnecting || state_ == State::kOpen)
    arrival_.Enable(event::Duration::zero());
}

void SimStream::SetHandler(net::ByteStreamHandler* handler) {
  handler_ = handler;
  // What happened before there was a handler is told by the loop.
  if (handler_ != nullptr && (news_ || connected_)) arrival_.Enable(event::Duration::zero());
}

size_t SimStream::Part(size_t n) {
  return wire_->options.chop && n > 1 ? 1 + loop_.random().Below(n) : n;
}

IoResult SimStream::Read(buffer::Buffer& into, size_t limit) {
  if (state_ == State::kConnecting) return {IoOutcome::kAgain};
  if (state_ != State::kOpen) return {IoOutcome::kError};
  if (ended_read_) return {IoOutcome::kEof};
  if (limit == 0) return {IoOutcome::kOk};
  const size_t there = arrived_.size() - read_offset_;
  if (there == 0) {
    if (reset_arrived_) {
      state_ = State::kFailed;
      return {IoOutcome::kError};
    }
    ended_read_ = end_arrived_;
    return {end_arrived_ ? IoOutcome::kEof : IoOutcome::kAgain};
  }
  const size_t n = Part(std::min(there, limit));
  into.Append(std::string_view(arrived_).substr(read_offset_, n));
  read_offset_ += n;
  held_ -= n;
  if (read_offset_ == arrived_.size()) {
    arrived_.clear();
    read_offset_ = 0;
  }
  if (peer_ != nullptr && peer_->want_writable_ && !peer_->room_.enabled()) {
    peer_->room_.Enable(wire_->options.latency);
  }
  // A kernel's short read says that all was read; an exact one leaves it open. After an end, only
  // the end itself says so.
  const bool says_empty =
      n == there && !end_arrived_ && !reset_arrived_ && loop_.random().Below(2) == 0;
  return {says_empty ? IoOutcome::kAgain : IoOutcome::kOk, n};
}

std::string SimStream::TakeBytes(buffer::Buffer& from, size_t n) {
  std::string bytes;
  bytes.reserve(n);
  while (bytes.size() < n) {
    const std::string_view front = from.Front().substr(0, n - bytes.size());
    bytes.append(front);
    from.Drain(front.size());
  }
  return bytes;
}

IoResult SimStream::Write(buffer::Buffer& from) {
  if (state_ == State::kConnecting) {
    want_writable_ = true;
    return {IoOutcome::kAgain};
  }
  if (state_ != State::kOpen || ended_write_ || reset_arrived_) return {IoOutcome::kError};
  if (from.empty()) return {IoOutcome::kOk};
  if (peer_ == nullptr) {
    // Taken by the kernel; the other side, where nobody is any more, answers with a reset.
    const size_t lost = from.size();
    from.Clear();
    Receive(Chunk{Kind::kReset, "", loop_.Now() + 2 * wire_->options.latency});
    return {IoOutcome::kOk, lost};
  }
  const size_t window = wire_->options.window;
  const size_t room = window - std::min(window, peer_->held_);
  size_t& to_reset = wire_->bytes_to_reset[static_cast<size_t>(sends_)];
  const size_t n = std::min(Part(std::min(from.size(), room)), to_reset);
  if (n == 0) {
    want_writable_ = true;
    return {IoOutcome::kAgain};
  }
  std::string bytes = TakeBytes(from, n);
  Send(Kind::kData, std::move(bytes));
  if (to_reset != SIZE_MAX && (to_reset -= n) == 0 && !wire_->reset) {
    SimStream* peer = peer_;
    InjectReset();
    peer->InjectReset();
  }
  if (!from.empty()) {
    want_writable_ = true;
    // A part taken by chance, not for want of room: nobody's read will wake us.
    if (room > n && !room_.enabled()) room_.Enable(wire_->options.latency);
  }
  return {IoOutcome::kOk, n};
}

void SimStream::Send(Kind kind, std::string bytes) {
  if (peer_ == nullptr || (wire_->reset && kind != Kind::kReset)) return;
  event::Duration delay = wire_->options.latency;
  if (wire_->options.jitter > event::Duration::zero()) {
    const auto most = static_cast<uint64_t>(wire_->options.jitter.count());
    delay += event::Duration(static_cast<int64_t>(loop_.random().Below(most + 1)));
  }
  last_due_ = std::max(last_due_, loop_.Now() + delay);
  peer_->held_ += bytes.size();
  peer_->Receive(Chunk{kind, std::move(bytes), last_due_});
}

void SimStream::Receive(Chunk chunk) {
  const event::MonotonicTime due = chunk.due;
  if (chunk.kind == Kind::kEnd) peer_ended_ = true;
  if (chunk.kind != Kind::kReset) last_sent_ = loop_.Now();
  incoming_.push_back(std::move(chunk));
  if (!arrival_.enabled()) arrival_.Enable(due - loop_.Now());
}

std::optional<event::MonotonicTime> SimStream::unread_since() const {
  const bool unread = held_ > 0 || (peer_ended_ && !ended_read_);
  return unread ? std::optional(last_sent_) : std::nullopt;
}

void SimStream::ShutdownWrite() {
  if (ended_write_ || state_ != State::kOpen) return;
  ended_write_ = true;
  Send(Kind::kEnd, "");
}

void SimStream::Close(CloseMode mode) {
  if (state_ == State::kClosed) return;
  const bool failed = state_ == State::kFailed;
  state_ = State::kClosed;
  handler_ = nullptr;
  arrival_.Disable();
  room_.Disable();
  std::erase(network_.streams_, this);
  if (peer_ == nullptr) return;
  if (!failed) {
    const bool unread = read_offset_ < arrived_.size();
    if (mode == CloseMode::kReset || unread) {
      Send(Kind::kReset, "");
    } else if (!ended_write_) {
      Send(Kind::kEnd, "");
    }
    // What still comes in finds nobody, and is answered with a reset.
    const auto is_data = [](const Chunk& chunk) { return chunk.kind == Kind::kData; };
    if (std::any_of(incoming_.begin(), incoming_.end(), is_data)) {
      last_due_ = std::max(last_due_, loop_.Now()) + wire_->options.latency;
      Send(Kind::kReset, "");
    }
  }
  // A peer that waits for room gets it: its bytes go nowhere, and it then hears of it.
  if (peer_->want_writable_ && !peer_->room_.enabled()) peer_->room_.Enable(wire_->options.latency);
  peer_->peer_ = nullptr;
  peer_ = nullptr;
}

const net::TransportFacts& SimStream::transport() const {
  static const net::TransportFacts kCleartext;
  return kCleartext;
}

void SimStream::Fail(std::string_view reason) {
  state_ = State::kFailed;
  if (handler_ != nullptr) handler_->OnFailed(reason);
}

void SimStream::OnRoom() {
  if (!want_writable_ || state_ != State::kOpen || handler_ == nullptr) return;
  want_writable_ = false;
  handler_->OnWritable();
}

void SimStream::OnArrival() {
  if (state_ == State::kConnecting && peer_ == nullptr && !connected_) {
    network_.Arrive(*this);
    return;
  }
  if (network_.IsCut(wire_->server)) return;  // Heal kicks.
  while (!incoming_.empty() && incoming_.front().due <= loop_.Now()) {
    Chunk chunk = std::move(incoming_.front());
    incoming_.pop_front();
    news_ = true;
    if (chunk.kind == Kind::kData) arrived_.append(chunk.bytes);
    if (chunk.kind == Kind::kEnd) end_arrived_ = true;
    if (chunk.kind == Kind::kReset) reset_arrived_ = true;
  }
  if (!incoming_.empty()) arrival_.Enable(incoming_.front().due - loop_.Now());
  if (handler_ == nullptr) return;
  // Each call may close the stream.
  if (connected_) {
    connected_ = false;
    state_ = State::kOpen;
    handler_->OnConnected();
    if (want_writable_ && !room_.enabled()) room_.Enable(event::Duration::zero());
  }
  if (!std::exchange(news_, false)) return;
  const auto heard = [this] { return state_ == State::kOpen && handler_ != nullptr; };
  if (heard() && !ended_read_) handler_->OnReadable();
  if (heard() && reset_arrived_) Fail("Connection reset by peer");
}

}  // namespace weir::fakes
