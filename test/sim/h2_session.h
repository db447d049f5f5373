// HTTP/2 over an End: nghttp2 itself, which checks what the proxy sends (order of frames, windows,
// HTTP messaging), with bodies that are given in pieces and windows that open when the user says
// so.
#pragma once

#include <nghttp2/nghttp2.h>

#include <map>
#include <string>
#include <string_view>

#include "test/sim/end.h"
#include "test/sim/message.h"

namespace weir::sim {

// All from inside Receive.
class H2Receiver {
 public:
  virtual void OnHead(int32_t stream, Head& head, bool end) = 0;
  virtual void OnBody(int32_t stream, std::string_view bytes) = 0;
  virtual void OnMessageEnd(int32_t stream, const Fields& trailers) = 0;
  // `error`: 0, or why the stream was reset.
  virtual void OnStreamClosed(int32_t stream, uint32_t error) = 0;
  // Streams above `last` were not looked at.
  virtual void OnGoaway(int32_t last, uint32_t error) = 0;
  // The peer's settings are there.
  virtual void OnSettings() {}
  // The peer breaks the protocol.
  virtual void OnViolation(std::string_view what) = 0;

 protected:
  ~H2Receiver() = default;
};

class H2Session {
 public:
  enum class Role : uint8_t { kClient, kServer };

  H2Session(Role role, uint32_t window, uint32_t max_streams, End& end, H2Receiver& receiver);
  ~H2Session();
  H2Session(const H2Session&) = delete;
  H2Session& operator=(const H2Session&) = delete;

  void Receive(std::string_view bytes);
  // Makes bytes of what was submitted; not from inside Receive, which does it itself.
  void Flush();

  // The new stream's id, or 0 when the session takes none.
  int32_t Request(const Head& head, bool end);
  void Answer(int32_t stream, const Head& head, bool end);
  void Inform(int32_t stream, int status);
  // Body bytes and the body's end, to follow the head.
  void Append(int32_t stream, std::string_view bytes);
  void Finish(int32_t stream, Fields trailers);
  void Reset(int32_t stream, uint32_t error);
  // `bytes` of the body were used up: the windows open by as much.
  void Consume(int32_t stream, size_t bytes);
  bool may_request() const { return nghttp2_session_check_request_allowed(session_) != 0; }
  // Whether extended CONNECT may be asked for (RFC 8441, 3).
  bool peer_allows_tunnels() const {
    return nghttp2_session_get_remote_settings(session_,
                                               NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
  }
  size_t peer_max_streams() const {
    return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  }

 private:
  friend struct H2SessionCallbacks;
  struct Outgoing {
    std::string bytes;
    size_t taken = 0;
    bool finished = false;
    Fields trailers;
  };

  void OnFrame(const nghttp2_frame& frame);
  void TakeField(int32_t stream, std::string_view name, std::string_view value);
  ssize_t Give(int32_t stream, uint8_t* to, size_t room, uint32_t* flags);

  const Role role_;
  End& end_;
  H2Receiver& receiver_;
  nghttp2_session* session_ = nullptr;
  std::map<int32_t, Outgoing> outgoing_;
  // Of the header block that is being read.
  Head head_;
  bool busy_ = false;
};

}  // namespace weir::sim
