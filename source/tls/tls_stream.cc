#include "source/tls/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "source/base/strings.h"

namespace weir::tls {
namespace {

using net::IoOutcome;
using net::IoResult;

constexpr size_t kReadSize = 64 * 1024;
// The most plain text in one record (RFC 8446, 5.1).
constexpr size_t kRecord = 16 * 1024;
// Pieces below this are gathered into one record rather than sent in records of their own.
constexpr size_t kGatherBelow = 4 * 1024;

// As Envoy's access logs show it. `verification`: what a certificate was refused for; may be empty.
std::string FailureText(uint32_t error, std::string_view verification = {}) {
  const char* const library = ERR_lib_error_string(error);
  const char* const reason = ERR_reason_error_string(error);
  return StrCat("TLS_error:|", error, ":", library == nullptr ? "" : library,
                ":OPENSSL_internal:", reason == nullptr ? "" : reason,
                verification.empty() ? "" : ":verify cert failed: ", verification,
                ":TLS_error_end");
}

// Cuts the front of a buffer, which stays as it is, into the plain texts of records.
class RecordCutter {
 public:
  explicit RecordCutter(const buffer::Buffer& from)
      : pool_(from.pool()), count_(from.Gather(pieces_)) {}

  // Empty at the end. Valid until the next call.
  std::string_view Next() {
    if (index_ == count_) return {};
    const std::string_view piece = Rest();
    if (piece.size() >= kGatherBelow || index_ + 1 == count_) {
      return Take(std::min(piece.size(), kRecord));
    }
    if (!scratch_) scratch_ = pool_.Take(kRecord);
    size_t gathered = 0;
    while (gathered < kRecord && index_ < count_) {
      const std::string_view part = Take(std::min(Rest().size(), kRecord - gathered));
      std::memcpy(scratch_->data + gathered, part.data(), part.size());
      gathered += part.size();
    }
    return {scratch_->data, gathered};
  }

 private:
  static constexpr size_t kPieces = 32;

  std::string_view Rest() const {
    return std::string_view(static_cast<const char*>(pieces_[index_].iov_base),
                            pieces_[index_].iov_len)
        .substr(offset_);
  }
  std::string_view Take(size_t n) {
    const std::string_view taken = Rest().substr(0, n);
    offset_ += n;
    if (offset_ == pieces_[index_].iov_len) {
      ++index_;
      offset_ = 0;
    }
    return taken;
  }

  buffer::BlockPool& pool_;
  iovec pieces_[kPieces];
  const size_t count_;
  size_t index_ = 0;
  size_t offset_ = 0;
  buffer::BlockRef scratch_;
};

}  // namespace

struct TlsStream::Bio {
  static const BIO_METHOD* Method() {
    static const BIO_METHOD* const method = [] {
      BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
      BIO_meth_set_read(made, Read);
      BIO_meth_set_write(made, Write);
      BIO_meth_set_ctrl(made, Control);
      return made;
    }();
    return method;
  }

  static TlsStream& Of(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

  static int Read(BIO* bio, char* out, int size) {
    TlsStream& self = Of(bio);
    BIO_clear_retry_flags(bio);
    if (self.in_.empty()) {
      if (self.inner_ended_) return 0;
      BIO_set_retry_read(bio);
      return -1;
    }
    int copied = 0;
    while (copied < size && !self.in_.empty()) {
      const std::string_view front = self.in_.Front().substr(0, static_cast<size_t>(size - copied));
      std::memcpy(out + copied, front.data(), front.size());
      copied += static_cast<int>(front.size());
      self.in_.Drain(front.size());
    }
    return copied;
  }

  static int Write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    Of(bio).out_.Append({data, static_cast<size_t>(size)});
    return size;
  }

  static long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
};

TlsStream::TlsStream(std::unique_ptr<net::ByteStream> inner, TlsConnection connection,
                     buffer::Buffer& received, const net::TransportPlatform& platform)
    : inner_(std::move(inner)),
      ssl_(connection.ssl),
      handshake_(std::move(connection.handshake)),
      context_(std::move(connection.context)),
      stats_(platform.stats),
      is_server_(SSL_is_server(ssl_) == 1),
      in_(platform.blocks),
      out_(platform.blocks),
      later_(platform.loop, [this] { OnLater(); }) {
  in_.MoveFrom(received);
  handshake_->AttachTo(ssl_);
  SSL_set_shed_handshake_config(ssl_, 1);
  BIO* const bio = BIO_new(Bio::Method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  inner_->SetHandler(this);
  // Whoever read `received` may have had the event for it.
  if (is_server_) later_.Enable(event::Duration::zero());
}

TlsStream::~TlsStream() { SSL_free(ssl_); }

void TlsStream::SetHandler(net::ByteStreamHandler* handler) {
  handler_ = handler;
  if (handler_ != nullptr && missed_event_) later_.Enable(event::Duration::zero());
}

void TlsStream::OnLater() {
  if (state_ == State::kHandshake) return ContinueHandshake();
  if (missed_event_) NotifyReadable();
}

// --- Handshake ----------------------------------------------------------------------------------

void TlsStream::ContinueHandshake() {
  if (state_ != State::kHandshake) return;
  for (;;) {
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) {
      Flush();
      return FinishHandshake();
    }
    if (SSL_get_error(ssl_, result) != SSL_ERROR_WANT_READ) return FailHandshake();
    if (!Flush() || inner_broken_) return Fail("the connection was reset during the handshake");
    if (!Fill() && !inner_broken_) return;
  }
}

void TlsStream::FinishHandshake() {
  state_ = State::kOpen;
  facts_.encrypted = true;
  const uint8_t* alpn = nullptr;
  unsigned alpn_size = 0;
  SSL_get0_alpn_selected(ssl_, &alpn, &alpn_size);
  facts_.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  const char* const server_name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  if (server_name != nullptr) facts_.server_name = AsciiLower(server_name);
  facts_.tls = FactsOf(ssl_, *handshake_);
  stats_.handshake.Inc();
  if (facts_.tls->resumed) stats_.session_reused.Inc();
  if (facts_.tls->peer == nullptr) stats_.no_certificate.Inc();
  stats_.CountVersion(facts_.tls->version);
  stats_.CountCipher(facts_.tls->cipher);
  if (const uint16_t curve = SSL_get_curve_id(ssl_)) stats_.CountCurve(SSL_get_curve_name(curve));
  if (const uint16_t signature = SSL_get_peer_signature_algorithm(ssl_)) {
    stats_.CountSignature(SSL_get_signature_algorithm_name(signature, 1));
  }
  SSL_set_app_data(ssl_, nullptr);
  handshake_.reset();
  if (handler_ != nullptr) handler_->OnConnected();
  // What the peer sent behind its handshake has had its event.
  NotifyReadable();
  if (end_wanted_ && state_ == State::kOpen) SendEnd();
  if (state_ == State::kOpen && want_writable_) OnWritable();
}

void TlsStream::FailHandshake() {
  const uint32_t error = ERR_peek_error();
  const std::string reason = error == 0
                                 ? "TLS_error: the peer ended the connection during the handshake"
                                 : FailureText(error, handshake_->verify_failure);
  CountFailure(error);
  ERR_clear_error();
  // The alert that says why.
  Flush();
  Fail(reason);
}

void TlsStream::CountFailure(uint32_t error) {
  if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
    if (ERR_GET_REASON(error) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
      return stats_.fail_verify_no_cert.Inc();
    }
    // Counted by its reason in VerifyPeer.
    if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED) return;
  }
  stats_.connection_error.Inc();
}

void TlsStream::Fail(std::string_view reason) {
  if (state_ == State::kFailed || state_ == State::kClosed) return;
  state_ = State::kFailed;
  if (handler_ != nullptr) handler_->OnFailed(reason);
}

// --- Events of the inner stream -----------------------------------------------------------------

void TlsStream::OnReadable() {
  inner_empty_ = false;
  if (state_ == State::kHandshake) return ContinueHandshake();
  NotifyReadable();
}

void TlsStream::NotifyReadable() {
  if (state_ != State::kOpen) return;
  missed_event_ = handler_ == nullptr;
  if (handler_ != nullptr) handler_->OnReadable();
}

void TlsStream::OnWritable() {
  if (!Flush() || !out_.empty() || state_ != State::kOpen) return;
  if (end_wanted_ && end_sent_) inner_->ShutdownWrite();
  if (std::exchange(want_writable_, false) && handler_ != nullptr) handler_->OnWritable();
}

void TlsStream::OnFailed(std::string_view reason) { Fail(reason); }

// --- Bytes --------------------------------------------------------------------------------------

bool TlsStream::Fill() {
  if (inner_empty_ || inner_ended_ || inner_broken_) return false;
  const IoResult result = inner_->Read(in_, kReadSize);
  switch (result.outcome) {
    case IoOutcome::kOk:
      return true;
    case IoOutcome::kAgain:
      inner_empty_ = true;
      return result.bytes > 0;
    case IoOutcome::kEof:
      // For the library to see.
      return inner_ended_ = true;
    case IoOutcome::kError:
      inner_broken_ = true;
      return false;
  }
  return false;
}

// How plain text ended, where Decrypt got no more of it.
IoOutcome TlsStream::OutcomeOf(int error) {
  if (error == SSL_ERROR_ZERO_RETURN) return IoOutcome::kEof;
  if (error == SSL_ERROR_SYSCALL && inner_ended_ && is_server_) return IoOutcome::kEof;
  // Such as the alert of a server that refuses our certificate, which comes behind its handshake.
  const uint32_t cause = ERR_peek_error();
  facts_.failure = cause == 0 ? "TLS_error: the peer ended the connection without saying so"
                              : FailureText(cause);
  ERR_clear_error();
  stats_.connection_error.Inc();
  return IoOutcome::kError;
}

int TlsStream::Decrypt(buffer::Buffer& into, size_t limit, size_t& total) {
  // Without anything to decrypt no block is taken.
  while (total < limit && (!in_.empty() || SSL_pending(ssl_) > 0 || inner_ended_)) {
    const std::span<char> room = into.Reserve();
    const int result =
        SSL_read(ssl_, room.data(), static_cast<int>(std::min(room.size(), limit - total)));
    into.Commit(result > 0 ? static_cast<size_t>(result) : 0);
    if (result <= 0) return SSL_get_error(ssl_, result);
    total += static_cast<size_t>(result);
  }
  return total < limit ? SSL_ERROR_WANT_READ : SSL_ERROR_NONE;
}

IoResult TlsStream::Read(buffer::Buffer& into, size_t limit) {
  if (state_ == State::kHandshake) return {IoOutcome::kAgain};
  if (state_ != State::kOpen) return {IoOutcome::kError};
  size_t total = 0;
  while (read_end_ == IoOutcome::kOk) {
    const int error = Decrypt(into, limit, total);
    // An answer to what was read, such as to a key update.
    if (!out_.empty() && encrypted_ == 0) Flush();
    if (error == SSL_ERROR_NONE) return {IoOutcome::kOk, total};
    if (error != SSL_ERROR_WANT_READ) {
      read_end_ = OutcomeOf(error);
    } else if (!Fill()) {
      if (!inner_broken_) return {IoOutcome::kAgain, total};
      read_end_ = IoOutcome::kError;
    }
  }
  // The end is told by a call of its own.
  if (total > 0) return {IoOutcome::kOk, total};
  if (read_end_ == IoOutcome::kError) state_ = State::kFailed;
  return {read_end_};
}

// Plain text at the front of `from` becomes cipher text in out_; how many bytes of it.
size_t TlsStream::Encrypt(const buffer::Buffer& from) {
  RecordCutter cutter(from);
  size_t done = 0;
  while (done < kWriteBatch) {
    const std::string_view record = cutter.Next();
    if (record.empty()) break;
    if (SSL_write(ssl_, record.data(), static_cast<int>(record.size())) <= 0) {
      state_ = State::kFailed;
      break;
    }
    done += record.size();
  }
  return done;
}

IoResult TlsStream::Write(buffer::Buffer& from) {
  if (state_ == State::kHandshake) {
    want_writable_ = !from.empty();
    return {from.empty() ? IoOutcome::kOk : IoOutcome::kAgain};
  }
  if (state_ != State::kOpen || end_wanted_) return {IoOutcome::kError};
  size_t taken = 0;
  for (;;) {
    if (!Flush()) return {IoOutcome::kError, taken};
    if (!out_.empty()) {
      want_writable_ = true;
      return {taken > 0 ? IoOutcome::kOk : IoOutcome::kAgain, taken};
    }
    if (encrypted_ > from.size()) {
      // Its owner gave up bytes that are on their way: the rest would follow a gap.
      state_ = State::kFailed;
      return {IoOutcome::kError, taken};
    }
    from.Drain(encrypted_);
    taken += std::exchange(encrypted_, 0);
    if (from.empty()) return {IoOutcome::kOk, taken};
    encrypted_ = Encrypt(from);
    if (state_ != State::kOpen) return {IoOutcome::kError, taken};
  }
}

bool TlsStream::Flush() {
  if (out_.empty()) return true;
  return inner_->Write(out_).outcome != IoOutcome::kError;
}

void TlsStream::ShutdownWrite() {
  if (std::exchange(end_wanted_, true) || state_ != State::kOpen) return;
  SendEnd();
}

void TlsStream::SendEnd() {
  SSL_shutdown(ssl_);
  end_sent_ = true;
  if (Flush() && out_.empty()) inner_->ShutdownWrite();
}

void TlsStream::Close(CloseMode mode) {
  if (state_ == State::kClosed) return;
  const bool says_end = state_ == State::kOpen && mode == CloseMode::kNormal && !end_sent_;
  state_ = State::kClosed;
  handler_ = nullptr;
  later_.Disable();
  if (says_end && encrypted_ == 0) {
    SSL_shutdown(ssl_);
    Flush();
  }
  inner_->Close(mode);
}

}  // namespace weir::tls
