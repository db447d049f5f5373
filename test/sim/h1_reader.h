// HTTP/1.1 messages of one direction, read strictly: what the proxy writes must be plain enough for
// any parser, so whatever RFC 9112 merely tolerates is refused here. Shares no code with the proxy.
//
// The bytes of a tunnel, behind a head with Upgrade or a 101, are a body that lasts until the end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "test/sim/message.h"

namespace weir::sim {

class H1Receiver {
 public:
  virtual void OnHead(const Head& head) = 0;
  virtual void OnBody(std::string_view bytes) = 0;
  virtual void OnMessageEnd(const Fields& trailers) = 0;
  // For answers, behind OnHead: whether no body follows whatever the head says.
  virtual bool BodyIsLeftOut(const Head& head) = 0;

 protected:
  ~H1Receiver() = default;
};

class H1Reader {
 public:
  enum class Reads : uint8_t { kRequests, kAnswers };

  H1Reader(Reads what, H1Receiver& receiver) : what_(what), receiver_(receiver) {}

  // Empty, or what is wrong with the bytes; then nothing more may be fed. Stops early when the
  // receiver calls Stop.
  std::string Feed(std::string_view bytes);
  // The peer has ended its side. True when that ends a message whose body lasts until then.
  bool FeedEnd();
  void Stop() { stopped_ = true; }
  // In the middle of a message, or behind the beginning of a head.
  bool between_messages() const { return at_ == At::kHead && line_.empty() && lines_ == 0; }

 private:
  enum class At : uint8_t {
    kHead,
    kLengthBody,
    kChunkSize,
    kChunkData,
    kChunkEnd,
    kTrailers,
    kUntilClose
  };

  std::string TakeLine();
  std::string TakeHeadLine();
  std::string TakeStartLine();
  std::string TakeField(Fields& fields);
  std::string EndHead();
  std::string FrameMessage();
  std::string TakeChunkSize();
  std::string_view TakeBody(std::string_view bytes);
  void EndMessage();

  const Reads what_;
  H1Receiver& receiver_;
  At at_ = At::kHead;
  std::string line_;    // Without its end.
  bool cr_ = false;     // A CR came: LF must follow.
  uint32_t lines_ = 0;  // Of the present head.
  Head head_;
  Fields trailers_;
  uint64_t left_ = 0;  // Of the body or chunk.
  bool stopped_ = false;
};

}  // namespace weir::sim
