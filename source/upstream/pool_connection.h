// A pooled connection to a host: the byte stream, the codec on it, and the bytes between the two.
//
//   kConnecting ──OnConnected──▶ kOpen ──limit reached, GOAWAY, pool drains──▶ kDraining
//        │                         │                                             │ last stream
//        ended └─refused, timeout────────┴─peer closed, protocol error, idle───────────┴──▶ kClosed
//
// Bytes are decoded as they are read; what streams encode in a turn is written at its end, in one
// call. Output above the high watermark blocks the streams; input that a paused stream leaves lies
// in input_ and stops reading at its limit. Streams are counted by the codec: after each call into
// it Settle() gives back what those that have ended had taken.
//
// Owned by its pool; destroyed at the end of the turn in which it closed. Worker's thread.
#pragma once

#include <cstdint>
#include <memory>

#include "source/buffer/buffer.h"
#include "source/buffer/ledger.h"
#include "source/buffer/watermark.h"
#include "source/http/codec.h"
#include "source/net/byte_stream.h"
#include "source/upstream/host.h"
#include "source/upstream/pool_context.h"
#include "source/upstream/stream_request.h"

namespace weir::upstream {

class PoolConnection final : private net::ByteStreamHandler, private http::ClientCodecHandler {
 public:
  enum class State : uint8_t { kConnecting, kOpen, kDraining, kClosed };
  enum class EndedBy : uint8_t { kUs, kPeer };

  // The lease of a connection was taken for it. Begins to connect.
  PoolConnection(PoolContext& context, Pool& pool,
                 std::shared_ptr<const ConnectionSettings> settings);
  PoolConnection(const PoolConnection&) = delete;
  PoolConnection& operator=(const PoolConnection&) = delete;
  // Not closed yet: gives all back and tells nobody (the worker ends).
  ~PoolConnection();

  State state() const { return state_; }
  // Final once it is open.
  http::Protocol protocol() const { return protocol_; }
  size_t active_streams() const { return active_; }
  bool CanTake() const {
    return state_ == State::kOpen && active_ < max_streams_ && codec_->can_open_stream();
  }
  // A new stream for `handler`, which the caller has the lease of a request for. CanTake().
  http::ClientStream& OpenStream(http::ClientStreamHandler& handler);
  void Describe(ConnectionFacts& facts) const;
  void AddHeld(buffer::Ledger& ledger) const {
    ledger.Add(buffer::LedgerKind::kInput, input_.size());
    if (codec_ != nullptr) ledger.Add(buffer::LedgerKind::kOutput, codec_->output().size());
  }

  // Gives back what streams that have ended had taken. Returns whether this made the connection
  // idle.
  bool Settle();
  // Takes no new streams any more and closes after the last one; at once when it is idle.
  void Drain();
  // Ends it now: streams are reset with `error`.
  void Close(EndedBy by, const http::StreamError& error);

 private:
  friend class ConnectionList;

  // net::ByteStreamHandler
  void OnConnected() override;
  void OnReadable() override { Read(); }
  void OnWritable() override;
  void OnFailed(std::string_view reason) override;
  // http::ClientCodecHandler
  void OnOutput() override;
  void OnStreamLimit(uint32_t max_concurrent) override;
  void OnConnectionError(const http::StreamError&) override {}  // Decode's result says it.

  // Goes by what the handshake agreed on, where the pool does.
  void MakeCodec();
  void MakeHttp1Codec();
  void MakeHttp2Codec();
  void OnTimer();
  void OnMaxDuration();
  void OnTurnEnd();
  void FailConnect(http::ErrorKind kind, std::string_view detail,
                   std::string_view transport_reason);
  void Read();
  // What Read got from the stream; true when reading goes on.
  bool TakeInput(const net::IoResult& result);
  void Decode();
  // Both: false when the connection was closed.
  bool DecodeAndFlush();
  bool Flush();
  void Note(http::CodecState state);
  void ShutWriteSideWhenSent();
  void CloseBroken();
  void BecomeIdle();
  void CountBuffered();
  void CountEnd(EndedBy by);
  // Every stream is over, and not all is written.
  bool HasTail() const {
    return active_ > 0 && !codec_failed_ && codec_->active_streams() == 0 &&
           !codec_->output().empty();
  }
  void AwaitTail();
  void GiveStreamsBack(size_t still_active);

  PoolContext& context_;
  Pool& pool_;
  const HostRef host_;
  const std::shared_ptr<const ConnectionSettings> settings_;
  const uint64_t id_;
  std::unique_ptr<net::ByteStream> stream_;
  std::unique_ptr<http::ClientCodec> codec_;        // Null while connecting.
  std::unique_ptr<http::h2::Keepalive> keepalive_;  // Null without one.
  buffer::Buffer input_;
  buffer::Watermark output_mark_;
  event::TurnEndTask turn_end_;
  event::Timer timer_;  // Connecting, then idle, or waiting for the peer to take the tail.
  size_t tail_ = 0;     // Of the output when that was last looked at.
  event::Timer max_duration_;
  event::MonotonicTime started_;
  event::MonotonicTime idle_since_{};
  size_t active_ = 0;         // Streams whose leases are held.
  uint64_t streams_ = 0;      // Opened in all.
  uint32_t max_streams_ = 1;  // Of our own settings; the codec knows the peer's.
  size_t input_counted_ = 0;  // In the gauges.
  size_t output_counted_ = 0;
  http::Protocol protocol_;
  State state_ = State::kConnecting;
  bool awaits_writable_ = false;
  bool flushing_ = false;
  bool signalled_ = false;        // OnOutput came while flushing.
  bool torn_ = false;             // A tunnel that was given up.
  bool write_shut_ = false;       // Of a tunnel whose other direction goes on.
  bool reading_stopped_ = false;  // Before kAgain: nobody will tell.
  bool input_ended_ = false;
  bool codec_failed_ = false;
  bool codec_done_ = false;  // Close at the end of the turn.
  // For ConnectionList.
  PoolConnection* previous_ = nullptr;
  PoolConnection* next_ = nullptr;
  class ConnectionList* list_ = nullptr;
};

// Connections in the order in which they were put in; linked through themselves.
class ConnectionList {
 public:
  PoolConnection* front() const { return first_; }
  PoolConnection* back() const { return last_; }
  bool empty() const { return first_ == nullptr; }
  size_t size() const { return size_; }
  // Takes `connection` out of the list that it is in, if any, to the front of this one.
  void PutFirst(PoolConnection& connection);
  static void Remove(PoolConnection& connection);
  static const ConnectionList* Of(const PoolConnection& connection) { return connection.list_; }
  static PoolConnection* After(const PoolConnection& connection) { return connection.next_; }
  static PoolConnection* Before(const PoolConnection& connection) { return connection.previous_; }

 private:
  PoolConnection* first_ = nullptr;
  PoolConnection* last_ = nullptr;
  size_t size_ = 0;
};

}  // namespace weir::upstream
