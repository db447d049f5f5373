#include "test/interop/http2_pump.h"

#include <algorithm>
#include <cstring>

#include "source/base/check.h"
#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::interop {

void Http2Pump::Start(nghttp2_session* session) {
  session_ = session;
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
}

absl::Status Http2Pump::Flush(Instant deadline) {
  for (;;) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    WEIR_CHECK(size >= 0, "nghttp2 sends");
    if (size == 0) return absl::OkStatus();
    WEIR_RETURN_IF_ERROR(
        socket_.Write({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)}, deadline));
  }
}

absl::Status Http2Pump::Receive(Instant deadline) {
  std::string bytes;
  WEIR_ASSIGN_OR_RETURN(const size_t count, socket_.Read(bytes, deadline));
  if (count == 0) return absl::NotFoundError("the peer has ended");
  WEIR_RETURN_IF_ERROR(Take(bytes));
  return Flush(deadline);
}

absl::Status Http2Pump::Take(std::string_view bytes) {
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (taken >= 0) return absl::OkStatus();
  return Internal(StrCat("HTTP/2: ", nghttp2_strerror(static_cast<int>(taken))));
}

nghttp2_nv Http2Field(const std::string& name, const std::string& value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

ssize_t CopyBody(const std::string& body, size_t& sent, uint8_t* to, size_t size, uint32_t& flags) {
  const size_t count = std::min(size, body.size() - sent);
  std::memcpy(to, body.data() + sent, count);
  sent += count;
  if (sent == body.size()) flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(count);
}

}  // namespace weir::interop
