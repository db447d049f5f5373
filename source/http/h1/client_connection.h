// The client side of one HTTP/1.1 connection: one request at a time.
//
//   kIdle ──NewStream──▶ kHead ──▶ kBody ──▶ kAnswered ──request sent──▶ kIdle
//                         │ ▲ 1xx             │ not reusable ─▶ kClosing
//                         └─┘        anything refused ────────▶ kFailed
//
// Not reusable: "connection: close", HTTP/1.0 without keep-alive, a body that ends with the
// connection, an answer complete before its request, bytes after the answer; and a connection that
// was asked for a tunnel, whether or not there came to be one. What comes through a tunnel is read
// as a body that ends with the connection. Owned by the connection, on its worker.
#pragma once

#include <memory>
#include <string>

#include "source/http/h1/body_encoder.h"
#include "source/http/h1/codec.h"
#include "source/http/h1/content_reader.h"
#include "source/http/h1/field_table.h"
#include "source/http/h1/head_rules.h"
#include "source/http/h1/name_spellings.h"
#include "source/http/h1/section_scanner.h"
#include "source/http/h1/start_line.h"

namespace weir::http::h1 {

class ClientConnection final : public ClientCodec, private ClientStream {
 public:
  ClientConnection(ClientCodecHandler& handler, buffer::BlockPool& pool, const Options& options);

  CodecState Decode(buffer::Buffer& in) override;
  CodecState DecodeEnd() override;
  CodecState Abort(const StreamError& error) override;
  CodecState FinishTurn() override;
  void StartDrain() override;
  buffer::Buffer& output() override { return output_; }
  void SetOutputBlocked(bool blocked) override;
  size_t active_streams() const override { return stream_ == nullptr ? 0 : 1; }
  Protocol protocol() const override { return Protocol::kHttp11; }
  ClientStream& NewStream(ClientStreamHandler& handler) override;
  bool can_open_stream() const override {
    return state_ == State::kIdle && !draining_ && !input_ended_;
  }

 private:
  enum class State : uint8_t { kIdle, kHead, kBody, kAnswered, kClosing, kFailed };
  enum class Request : uint8_t { kNone, kStarted, kDone };
  enum class Asked : uint8_t { kAnswer, kUpgrade, kConnect };
  enum class Step : uint8_t { kGoOn, kWait };

  void EncodeHeaders(const RequestHead& head, bool end) override;
  void EncodeBody(buffer::Buffer& data, bool end) override;
  void EncodeTrailers(const HeaderMap& trailers) override;
  void Reset(const StreamError& error) override;
  void SetReadPaused(bool paused) override {
    read_paused_ = paused;
    if (!paused) handler_.OnOutput();
  }
  size_t buffered() const override { return 0; }
  size_t undelivered() const override { return 0; }

  Step ReadHead(buffer::Buffer& in);
  Step ReadContent(buffer::Buffer& in);
  const Rejection* TakeHead(const StatusLine& line, FieldTable& table, buffer::Buffer& in,
                            size_t head_size);
  const Rejection* TakeInformational(const StatusLine& line, FieldTable& table, buffer::Buffer& in,
                                     size_t head_size);
  // Whether an answer of this status would grant the tunnel that was asked for.
  bool MayGrant(uint16_t status) const;
  const Rejection* TakeGrant(const StatusLine& line, FieldTable& table, buffer::Buffer& in,
                             size_t head_size);
  void EncodeAsking(const RequestHead& head);
  // Decides how the body ends and whether the connection can be used again; true when there is no
  // body.
  bool FrameAnswer(const StatusLine& line, const HeadFacts& facts, ResponseHead& head);
  void FillHead(const StatusLine& line, FieldTable& table, buffer::Buffer& in, size_t head_size);
  void Deliver(buffer::Buffer& body, bool end);
  void EndAnswer();
  Step Starve();
  void Reject(const Rejection& why);
  void CutOff(std::string_view detail);
  bool StreamIsOver() const {
    return given_up_ || cut_off_ || (state_ == State::kAnswered && request_ == Request::kDone);
  }
  // The last bytes of a tunnel keep its stream: the connection ends with it.
  bool MayClose() const {
    return StreamIsOver() && (!tunnel_ || given_up_ || cut_off_ || output_.empty());
  }
  void CloseStream();
  CodecState Result() const;

  ClientCodecHandler& handler_;
  const Options& options_;
  buffer::BlockPool& pool_;
  buffer::Buffer output_;
  ClientStreamHandler* stream_ = nullptr;
  SectionScanner scanner_;
  NameSpellings spellings_;
  ContentReader content_;
  BodyEncoder encoder_;
  StreamError cut_off_;
  std::unique_ptr<const std::string> protocol_;  // Asked for last; null on most connections.
  uint32_t informational_ = 0;                   // 1xx answers to the request in flight.
  State state_ = State::kIdle;
  Request request_ = Request::kNone;
  Asked asked_ = Asked::kAnswer;
  bool tunnel_ = false;  // Granted.
  bool torn_ = false;    // A tunnel that was given up.
  bool is_head_ = false;
  bool reusable_ = true;
  bool given_up_ = false;
  bool read_paused_ = false;
  bool draining_ = false;
  bool input_ended_ = false;
  bool starved_ = false;     // The last Decode ended for want of bytes.
  bool input_left_ = false;  // It left bytes that wait for the receiver or the output.
  bool output_blocked_ = false;
  bool told_blocked_ = false;
};

}  // namespace weir::http::h1
