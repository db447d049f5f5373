// What both sides of HTTP/2 share here: an nghttp2 session over a socket.
#pragma once

#include <nghttp2/nghttp2.h>

#include <string>

#include "absl/status/status.h"
#include "test/interop/socket.h"

namespace weir::interop {

class Http2Pump {
 public:
  // `socket` outlives the pump. The session comes with Start().
  explicit Http2Pump(Socket& socket) : socket_(socket) {}
  Http2Pump(const Http2Pump&) = delete;
  Http2Pump& operator=(const Http2Pump&) = delete;
  ~Http2Pump() { nghttp2_session_del(session_); }

  void Start(nghttp2_session* session);
  nghttp2_session* session() const { return session_; }

  // Sends what is due.
  absl::Status Flush(Instant deadline);
  // Takes in what comes, the first byte by the deadline, and sends the answers to it.
  absl::Status Receive(Instant deadline);
  absl::Status Take(std::string_view bytes);

 private:
  Socket& socket_;
  nghttp2_session* session_ = nullptr;
};

// A header field over strings that outlive it.
nghttp2_nv Http2Field(const std::string& name, const std::string& value);
// What a data provider's callback does: the next part of `body`, of which `sent` bytes have gone.
ssize_t CopyBody(const std::string& body, size_t& sent, uint8_t* to, size_t size, uint32_t& flags);

}  // namespace weir::interop
