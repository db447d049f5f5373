// TLS as a ByteStream around a ByteStream, for both sides.
//
//   kHandshake ──done──▶ kOpen ──Close──▶ kClosed
//        └──refused, reset──┴──▶ kFailed
//
// The handshake begins by itself (a client's when the inner stream is connected) and ends with
// OnConnected or OnFailed. Cipher text lies in buffers here only while it is under way: `in_` is
// what was read and not decrypted yet, `out_` is what the inner stream has not taken.
//
// A Write encrypts at most kWriteBatch bytes and hands them on in one call. Plain text counts as
// taken once its cipher text was, so that nothing hides here: a caller whose buffer is empty may
// close. Until then the same bytes stand at the front of its buffer.
//
// An end without close_notify (RFC 8446, 6.1) is an error to a client, as a response may have been
// cut; to a server, whose requests say where they end, it is an end.
//
// Owner, thread and order of calls: as every ByteStream.
#pragma once

#include <memory>

#include "source/event/loop.h"
#include "source/net/byte_stream.h"
#include "source/net/transport_socket.h"
#include "source/tls/handshake.h"

struct ssl_st;
struct bio_st;

namespace weir::tls {

// A connection object of the library as its context prepared it.
struct TlsConnection {
  ssl_st* ssl;  // Owned; its role is set.
  std::unique_ptr<Handshake> handshake;
  std::shared_ptr<const void> context;  // Lives as long as the connection.
};

class TlsStream final : public net::ByteStream, private net::ByteStreamHandler {
 public:
  static constexpr size_t kWriteBatch = 64 * 1024;

  // Takes all of `received`, which was read of `inner` before.
  TlsStream(std::unique_ptr<net::ByteStream> inner, TlsConnection connection,
            buffer::Buffer& received, const net::TransportPlatform& platform);
  ~TlsStream() override;

  void SetHandler(net::ByteStreamHandler* handler) override;
  net::IoResult Read(buffer::Buffer& into, size_t limit) override;
  net::IoResult Write(buffer::Buffer& from) override;
  void ShutdownWrite() override;
  void Close(CloseMode mode) override;
  const net::Address& local_address() const override { return inner_->local_address(); }
  const net::Address& remote_address() const override { return inner_->remote_address(); }
  const net::TransportFacts& transport() const override { return facts_; }

 private:
  enum class State : uint8_t { kHandshake, kOpen, kFailed, kClosed };
  struct Bio;  // The library's view of in_ and out_.

  // net::ByteStreamHandler of the inner stream
  void OnConnected() override { ContinueHandshake(); }
  void OnReadable() override;
  void OnWritable() override;
  void OnFailed(std::string_view reason) override;

  void OnLater();
  void ContinueHandshake();
  void FinishHandshake();
  void FailHandshake();
  void CountFailure(uint32_t error);
  void Fail(std::string_view reason);
  void NotifyReadable();
  // Reads cipher text. False when there is nothing new for the library.
  bool Fill();
  net::IoOutcome OutcomeOf(int error);
  // Decrypts into `into`; what SSL_get_error says when nothing more came.
  int Decrypt(buffer::Buffer& into, size_t limit, size_t& total);
  size_t Encrypt(const buffer::Buffer& from);
  // Hands out_ on. False when the inner stream is broken.
  bool Flush();
  void SendEnd();

  std::unique_ptr<net::ByteStream> inner_;
  ssl_st* const ssl_;
  std::unique_ptr<Handshake> handshake_;  // Null once it is over.
  const std::shared_ptr<const void> context_;
  net::TransportStats& stats_;
  const bool is_server_;
  State state_ = State::kHandshake;
  bool inner_empty_ = false;                       // The inner stream has said that all was read.
  bool inner_ended_ = false;                       // It has ended.
  bool inner_broken_ = false;                      // Reading it failed.
  net::IoOutcome read_end_ = net::IoOutcome::kOk;  // kEof or kError: what comes after all bytes.
  bool end_wanted_ = false;                        // ShutdownWrite was called.
  bool end_sent_ = false;
  bool want_writable_ = false;  // A Write left bytes behind.
  bool missed_event_ = false;   // Something happened while there was no handler.
  net::ByteStreamHandler* handler_ = nullptr;
  buffer::Buffer in_;
  buffer::Buffer out_;
  size_t encrypted_ = 0;  // Bytes at the front of the caller's buffer whose cipher text is in out_.
  net::TransportFacts facts_;
  event::Timer later_;  // What must not happen inside a call.
};

}  // namespace weir::tls
