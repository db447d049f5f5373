// The server side of one HTTP/1.1 connection.
//
//            head read          content read           answer sent
//   kHead ───────────────▶ kBody ───────────▶ kAnswering ───────────▶ kHead
//     │   (no body: straight to kAnswering)      │ last request: "connection: close"
//     ├─ refused ─▶ kFailed                      └──────▶ kClosing
//     └─ asks for a tunnel ─▶ kOffered ──granted──▶ kBody, to the end of the input
//                                └─ refused ─▶ kClosing, with the answer
//
// kOffered leaves the client's bytes where they are. A tunnel is the connection's last use.
// An answer that is complete before its request ends the connection: what the client still sends is
// not read as a request. Owned by the connection, on its worker.
#pragma once

#include "source/base/lazy.h"
#include "source/http/h1/body_encoder.h"
#include "source/http/h1/codec.h"
#include "source/http/h1/content_reader.h"
#include "source/http/h1/field_table.h"
#include "source/http/h1/head_rules.h"
#include "source/http/h1/name_spellings.h"
#include "source/http/h1/section_scanner.h"
#include "source/http/h1/start_line.h"

namespace weir::http::h1 {

class ServerConnection final : public ServerCodec, private ServerStream {
 public:
  ServerConnection(ServerCodecHandler& handler, buffer::BlockPool& pool, const Options& options);

  CodecState Decode(buffer::Buffer& in) override;
  CodecState DecodeEnd() override;
  CodecState Abort(const StreamError& error) override;
  CodecState FinishTurn() override;
  void StartDrain() override;
  buffer::Buffer& output() override { return output_; }
  void SetOutputBlocked(bool blocked) override;
  size_t active_streams() const override { return stream_ == nullptr ? 0 : 1; }
  Protocol protocol() const override { return Protocol::kHttp11; }
  bool backpressure_due() const override { return false; }
  bool head_begun() const override { return head_begun_; }

 private:
  enum class State : uint8_t { kHead, kBody, kAnswering, kOffered, kClosing, kFailed };
  enum class Answer : uint8_t { kNone, kStarted, kDone };
  // Whether the loop of Decode goes on, or waits for bytes or for the receiver.
  enum class Step : uint8_t { kGoOn, kWait };

  void EncodeInformational(const ResponseHead& head) override;
  void EncodeHeaders(const ResponseHead& head, bool end) override;
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
  const Rejection* CheckHead(const RequestLine& line, FieldTable& table, HeadFacts& facts,
                             Target& target) const;
  void StartRequest(const RequestLine& line, FieldTable& table, const HeadFacts& facts,
                    const Target& target, buffer::Buffer& in, size_t head_size);
  // Decides how the body ends, or that there is a tunnel in its place; the state that follows.
  State FrameRequest(const HeadFacts& facts, RequestHead& head);
  void GrantTunnel(const ResponseHead& head);
  void Deliver(buffer::Buffer& body, bool end);
  // The bytes ended while the message did not: waits, or when no more can come ends the stream.
  Step Starve();
  void Reject(const Rejection& why);
  void AnswerRefused(uint16_t status, const StreamError& error);
  // What was encoded contradicts the declared length: the connection ends before the message looks
  // whole.
  void CutOff(std::string_view detail);
  // True when the stream can go: reset, cut off, or answered (whether or not its request was read).
  bool StreamIsOver() const;
  bool AnswerEndsWithConnection() const {
    return answer_ != Answer::kNone && encoder_.framing() == WireFraming::kUntilClose;
  }
  void CloseStream();
  CodecState Result() const;

  ServerCodecHandler& handler_;
  const Options& options_;
  buffer::BlockPool& pool_;
  buffer::Buffer output_;
  ServerStreamHandler* stream_ = nullptr;
  SectionScanner scanner_;
  Lazy<NameSpellings> spellings_;  // With preserve_case.
  ContentReader content_;
  BodyEncoder encoder_;
  std::string_view cut_off_;  // Why the answer was cut off; empty: it was not.
  State state_ = State::kHead;
  Answer answer_ = Answer::kNone;
  Protocol version_ = Protocol::kHttp11;  // Of the request in flight.
  bool is_head_ = false;
  bool persistent_ = true;
  bool tunnel_ = false;    // Granted.
  bool torn_ = false;      // Given up with an answer that ends with the connection.
  bool given_up_ = false;  // Reset by the receiver.
  bool read_paused_ = false;
  bool draining_ = false;
  bool input_ended_ = false;
  bool starved_ = false;     // The last Decode ended for want of bytes.
  bool input_left_ = false;  // It left bytes that wait for the receiver or the output.
  bool head_begun_ = false;
  bool skipped_line_ = false;
  bool output_blocked_ = false;
  bool told_blocked_ = false;
};

}  // namespace weir::http::h1
