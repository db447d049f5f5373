// One raw end of a connection, of a client before the proxy or an upstream behind it: sends pieces
// with delays between them, and may read slowly.
//
// Owned by its user, which disposes of it through the loop's deferred-delete list, as it may be
// running. No event comes after Close.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "source/buffer/buffer.h"
#include "source/event/loop.h"
#include "source/event/random.h"
#include "source/net/byte_stream.h"

namespace weir::sim {

class EndUser {
 public:
  virtual void OnBytes(std::string_view bytes) = 0;
  // The peer has ended its side.
  virtual void OnEnd() = 0;
  // Reset, or never connected; the end is closed.
  virtual void OnLost(std::string_view why) = 0;

 protected:
  ~EndUser() = default;
};

// How an end reads.
struct Habits {
  uint32_t pauses_in_1000 = 0;  // Chance of a pause behind each read.
  event::Duration longest_pause{0};
  size_t read_size = 64 * 1024;
};

class End final : public net::ByteStreamHandler, public event::DeferredDeletable {
 public:
  End(event::Loop& loop, buffer::BlockPool& blocks, std::unique_ptr<net::ByteStream> stream,
      EndUser& user, const Habits& habits, uint64_t seed);
  ~End() override;

  // For accepted streams: looks at what has come already.
  void Begin() { Read(); }
  // Goes out `delay` after what was queued before it; then `then` runs, when the network has it
  // all.
  void Send(std::string bytes, event::Duration delay = {}, std::function<void()> then = {});
  void Close(net::ByteStream::CloseMode mode);
  // Our side only; what the peer still sends is read.
  void EndWrites() { stream_->ShutdownWrite(); }
  bool closed() const { return closed_; }
  bool connected() const { return connected_; }
  // The network has taken all that was sent.
  bool sent_all() const { return queue_.empty(); }
  // Of an end that was reset: so long before `now` the peer had said its last word, and we have not
  // read it. With the reset it is lost.
  bool WasLateFor(event::Duration delayed_close, event::MonotonicTime now) const;
  const net::Address& remote_address() const { return stream_->remote_address(); }

  void OnConnected() override {
    connected_ = true;
    Flush();
  }
  void OnReadable() override { Read(); }
  void OnWritable() override { Flush(); }
  void OnFailed(std::string_view reason) override { Lose(reason); }

 private:
  struct Piece {
    std::string bytes;
    event::Duration delay;
    std::function<void()> then;
  };

  void Read();
  void Flush();
  bool Pauses();
  void Lose(std::string_view reason);

  const Habits habits_;
  EndUser& user_;
  std::unique_ptr<net::ByteStream> stream_;
  event::Random random_;
  std::deque<Piece> queue_;
  buffer::Buffer in_;
  buffer::Buffer out_;      // Of the piece in front.
  bool front_due_ = false;  // The piece in front is in out_.
  bool flushing_ = false;
  bool reading_ = false;
  bool connected_ = false;  // Of ends that connect.
  bool closed_ = false;
  bool ended_ = false;
  event::Timer send_;
  event::Timer resume_;
};

}  // namespace weir::sim
