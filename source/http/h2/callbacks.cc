#include "source/http/h2/callbacks.h"

#include "source/base/check.h"
#include "source/http/h2/connection.h"

namespace weir::http::h2 {
namespace {

std::string_view ToText(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

// Static members rather than free functions, so that one friend suffices.
struct CallbackBodies {
  static Connection& Self(void* user_data) { return *static_cast<Connection*>(user_data); }

  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame*, void* user_data) {
    Self(user_data).block_.Start();
    return 0;
  }
  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user_data) {
    Connection& self = Self(user_data);
    self.block_.Add(ToText(name, name_size), ToText(value, value_size));
    if (!self.block_.hopeless()) return 0;
    // nghttp2 resets the stream and decodes the rest for the sake of its table alone.
    self.OnHopelessBlock(frame->hd.stream_id);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  // nghttp2 would only leave the field out; a message with one is malformed (RFC 9113, 8.2.1).
  static int OnInvalidHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t*, size_t,
                             const uint8_t*, size_t, uint8_t, void*) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  static int OnInvalidFrame(nghttp2_session*, const nghttp2_frame* frame, int error,
                            void* user_data) {
    if (frame->hd.type == NGHTTP2_HEADERS) Self(user_data).OnInvalidHeaders(frame->hd, error);
    return Self(user_data).failure_ == ErrorKind::kNone ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  static int OnFrameReceived(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Self(user_data).OnFrame(*frame);
    return Self(user_data).failure_ == ErrorKind::kNone ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  static int OnDataChunk(nghttp2_session*, uint8_t, int32_t stream_id, const uint8_t* bytes,
                         size_t size, void* user_data) {
    Self(user_data).OnData(stream_id, ToText(bytes, size));
    return 0;
  }
  static int OnStreamClose(nghttp2_session*, int32_t stream_id, uint32_t error_code,
                           void* user_data) {
    Self(user_data).OnStreamClose(stream_id, error_code);
    return 0;
  }
  static int OnFrameSent(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Self(user_data).OnFrameSent(*frame);
    return 0;
  }
  static int OnFrameNotSent(nghttp2_session*, const nghttp2_frame* frame, int, void* user_data) {
    Self(user_data).OnFrameNotSent(*frame);
    return 0;
  }
  static int SendData(nghttp2_session*, nghttp2_frame* frame, const uint8_t* frame_header,
                      size_t length, nghttp2_data_source*, void* user_data) {
    return Self(user_data).SendData(frame->hd.stream_id, ToText(frame_header, 9), length)
               ? 0
               : NGHTTP2_ERR_PAUSE;
  }
  static ssize_t ReadPending(nghttp2_session*, int32_t stream_id, uint8_t*, size_t length,
                             uint32_t* flags, nghttp2_data_source*, void* user_data) {
    return Self(user_data).ReadPending(stream_id, length, flags);
  }
};

const nghttp2_session_callbacks* Callbacks::Get() {
  static const nghttp2_session_callbacks* const callbacks = [] {
    nghttp2_session_callbacks* made = nullptr;
    WEIR_CHECK(nghttp2_session_callbacks_new(&made) == 0, "out of memory");
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, CallbackBodies::OnBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(made, CallbackBodies::OnHeader);
    nghttp2_session_callbacks_set_on_invalid_header_callback(made, CallbackBodies::OnInvalidHeader);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made,
                                                                 CallbackBodies::OnInvalidFrame);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, CallbackBodies::OnFrameReceived);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, CallbackBodies::OnDataChunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, CallbackBodies::OnStreamClose);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, CallbackBodies::OnFrameSent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(made, CallbackBodies::OnFrameNotSent);
    nghttp2_session_callbacks_set_send_data_callback(made, CallbackBodies::SendData);
    return made;
  }();
  return callbacks;
}

nghttp2_data_provider Callbacks::DataProvider() {
  nghttp2_data_provider provider;
  provider.source.ptr = nullptr;  // The stream is found by its id: its object may be gone.
  provider.read_callback = CallbackBodies::ReadPending;
  return provider;
}

}  // namespace weir::http::h2
