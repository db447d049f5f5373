// The codec of a connection that carries one tunnel and nothing else: what becomes of a CONNECT
// that ends here, or of a POST whose body is one. Its head goes nowhere; as the connection stands,
// the answer is 200, and bytes pass as they are.
//
// What the host says before there is a tunnel waits in Decode's input. Owned by the pool's
// connection, on its worker.
#pragma once

#include <memory>

#include "source/http/codec.h"

namespace weir::upstream {

class RawCodec final : public http::ClientCodec, private http::ClientStream {
 public:
  RawCodec(http::ClientCodecHandler& handler, buffer::BlockPool& pool)
      : handler_(handler), output_(pool), nothing_(pool) {}

  // http::ClientCodec
  http::CodecState Decode(buffer::Buffer& in) override;
  http::CodecState DecodeEnd() override;
  http::CodecState Abort(const http::StreamError& error) override;
  http::CodecState FinishTurn() override;
  void StartDrain() override;
  buffer::Buffer& output() override { return output_; }
  void SetOutputBlocked(bool blocked) override;
  size_t active_streams() const override { return stream_ == nullptr ? 0 : 1; }
  http::Protocol protocol() const override { return http::Protocol::kHttp11; }
  http::ClientStream& NewStream(http::ClientStreamHandler& handler) override;
  bool can_open_stream() const override { return state_ == State::kIdle && !input_ended_; }

 private:
  enum class State : uint8_t { kIdle, kAsked, kTunnel, kClosing };

  // http::ClientStream
  void EncodeHeaders(const http::RequestHead& head, bool end) override;
  void EncodeBody(buffer::Buffer& data, bool end) override;
  void EncodeTrailers(const http::HeaderMap& trailers) override;
  void Reset(const http::StreamError& error) override;
  void SetReadPaused(bool paused) override {
    read_paused_ = paused;
    if (!paused) handler_.OnOutput();
  }
  size_t buffered() const override { return 0; }
  size_t undelivered() const override { return 0; }

  void Grant();
  // Both directions have ended and the last bytes were taken, or it was given up.
  bool StreamIsOver() const { return given_up_ || (sent_all_ && received_all_ && output_.empty()); }
  void CloseStream();
  http::CodecState Result() const;

  http::ClientCodecHandler& handler_;
  buffer::Buffer output_;
  buffer::Buffer nothing_;
  http::ClientStreamHandler* stream_ = nullptr;
  State state_ = State::kIdle;
  bool head_encoded_ = false;
  bool asked_for_tunnel_ = false;
  bool sent_all_ = false;
  bool received_all_ = false;
  bool given_up_ = false;
  bool torn_ = false;  // Given up when bytes passed already.
  bool read_paused_ = false;
  bool input_ended_ = false;
};

// `handler` and `pool` outlive the codec.
std::unique_ptr<http::ClientCodec> CreateRawCodec(http::ClientCodecHandler& handler,
                                                  buffer::BlockPool& pool);

}  // namespace weir::upstream
