#include "test/sim/h2_session.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "source/base/check.h"
#include "source/base/strings.h"

namespace weir::sim {
namespace {

std::string_view ToText(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

std::vector<nghttp2_nv> ToPairs(const Fields& fields) {
  std::vector<nghttp2_nv> pairs;
  for (const auto& [name, value] : fields) {
    pairs.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                     reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(),
                     value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  return pairs;
}

Fields WithLength(Fields fields, const Head& head) {
  if (head.framing == Framing::kLength) fields.emplace_back("content-length", StrCat(head.length));
  fields.insert(fields.end(), head.fields.begin(), head.fields.end());
  return fields;
}

}  // namespace

struct H2SessionCallbacks {
  static H2Session& Self(void* user) { return *static_cast<H2Session*>(user); }

  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame*, void* user) {
    Self(user).head_ = Head{.http2 = true};
    return 0;
  }
  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user) {
    Self(user).TakeField(frame->hd.stream_id, ToText(name, name_size), ToText(value, value_size));
    return 0;
  }
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Self(user).OnFrame(*frame);
    return 0;
  }
  static int OnChunk(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* bytes, size_t size,
                     void* user) {
    Self(user).receiver_.OnBody(stream, ToText(bytes, size));
    return 0;
  }
  static int OnClose(nghttp2_session*, int32_t stream, uint32_t error, void* user) {
    Self(user).outgoing_.erase(stream);
    Self(user).receiver_.OnStreamClosed(stream, error);
    return 0;
  }
  static int OnInvalidFrame(nghttp2_session*, const nghttp2_frame* frame, int error, void* user) {
    // Frames of a stream that we have reset may still be on their way.
    if (error == NGHTTP2_ERR_STREAM_CLOSED) return 0;
    Self(user).receiver_.OnViolation(StrCat("frame of type ", int{frame->hd.type}, " on stream ",
                                            frame->hd.stream_id, ": ", nghttp2_strerror(error)));
    return 0;
  }
  static int OnInvalidHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t* name,
                             size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                             void* user) {
    Self(user).receiver_.OnViolation(
        StrCat("field ", ToText(name, name_size), ": ", ToText(value, value_size)));
    return 0;
  }
  static ssize_t Give(nghttp2_session*, int32_t stream, uint8_t* to, size_t room, uint32_t* flags,
                      nghttp2_data_source*, void* user) {
    return Self(user).Give(stream, to, room, flags);
  }

  static nghttp2_session_callbacks* Make() {
    nghttp2_session_callbacks* made = nullptr;
    WEIR_CHECK(nghttp2_session_callbacks_new(&made) == 0, "out of memory");
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, OnBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(made, OnHeader);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, OnFrame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, OnChunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, OnClose);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, OnInvalidFrame);
    nghttp2_session_callbacks_set_on_invalid_header_callback(made, OnInvalidHeader);
    return made;
  }
  static nghttp2_data_provider Provider() {
    nghttp2_data_provider provider;
    provider.source.ptr = nullptr;
    provider.read_callback = Give;
    return provider;
  }
};

H2Session::H2Session(Role role, uint32_t window, uint32_t max_streams, End& end,
                     H2Receiver& receiver)
    : role_(role), end_(end), receiver_(receiver) {
  static nghttp2_session_callbacks* const callbacks = H2SessionCallbacks::Make();
  nghttp2_option* option = nullptr;
  WEIR_CHECK(nghttp2_option_new(&option) == 0, "out of memory");
  nghttp2_option_set_no_auto_window_update(option, 1);
  const int made = role == Role::kServer
                       ? nghttp2_session_server_new2(&session_, callbacks, this, option)
                       : nghttp2_session_client_new2(&session_, callbacks, this, option);
  nghttp2_option_del(option);
  WEIR_CHECK(made == 0, "out of memory");
  const std::array<nghttp2_settings_entry, 3> settings = {
      {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window},
       {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, max_streams},
       {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1}}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(),
                          role == Role::kServer ? settings.size() : 1);
  Flush();
}

H2Session::~H2Session() { nghttp2_session_del(session_); }

void H2Session::Receive(std::string_view bytes) {
  busy_ = true;
  const ssize_t n = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  busy_ = false;
  if (n < 0) {
    receiver_.OnViolation(nghttp2_strerror(static_cast<int>(n)));
    return;
  }
  Flush();
}

void H2Session::Flush() {
  if (busy_) return;
  busy_ = true;
  std::string all;
  for (;;) {
    const uint8_t* bytes = nullptr;
    const ssize_t n = nghttp2_session_mem_send(session_, &bytes);
    WEIR_CHECK(n >= 0, "the simulation's own HTTP/2 is wrong");
    if (n == 0) break;
    all.append(ToText(bytes, static_cast<size_t>(n)));
  }
  busy_ = false;
  if (!all.empty()) end_.Send(std::move(all));
}

int32_t H2Session::Request(const Head& head, bool end) {
  Fields start = {{":method", head.method}, {":authority", head.authority}};
  // RFC 9113, 8.5: CONNECT has neither, but for the extended one.
  if (!head.path.empty()) {
    start.emplace_back(":scheme", "http");
    start.emplace_back(":path", head.path);
  }
  if (!head.protocol.empty()) start.emplace_back(":protocol", head.protocol);
  const Fields fields = WithLength(std::move(start), head);
  const std::vector<nghttp2_nv> pairs = ToPairs(fields);
  const nghttp2_data_provider provider = H2SessionCallbacks::Provider();
  const int32_t id = nghttp2_submit_request(session_, nullptr, pairs.data(), pairs.size(),
                                            end ? nullptr : &provider, nullptr);
  if (id < 0) return 0;
  if (!end) outgoing_[id];
  return id;
}

void H2Session::Answer(int32_t stream, const Head& head, bool end) {
  const Fields fields = WithLength({{":status", StrCat(head.status)}}, head);
  const std::vector<nghttp2_nv> pairs = ToPairs(fields);
  const nghttp2_data_provider provider = H2SessionCallbacks::Provider();
  if (!end) outgoing_[stream];
  nghttp2_submit_response(session_, stream, pairs.data(), pairs.size(), end ? nullptr : &provider);
}

void H2Session::Inform(int32_t stream, int status) {
  const Fields fields = {{":status", StrCat(status)}};
  const std::vector<nghttp2_nv> pairs = ToPairs(fields);
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream, nullptr, pairs.data(), pairs.size(),
                         nullptr);
}

void H2Session::Append(int32_t stream, std::string_view bytes) {
  const auto found = outgoing_.find(stream);
  if (found == outgoing_.end()) return;
  found->second.bytes.append(bytes);
  nghttp2_session_resume_data(session_, stream);
}

void H2Session::Finish(int32_t stream, Fields trailers) {
  const auto found = outgoing_.find(stream);
  if (found == outgoing_.end()) return;
  found->second.finished = true;
  found->second.trailers = std::move(trailers);
  nghttp2_session_resume_data(session_, stream);
}

void H2Session::Reset(int32_t stream, uint32_t error) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, error);
}

void H2Session::Consume(int32_t stream, size_t bytes) {
  nghttp2_session_consume(session_, stream, bytes);
}

ssize_t H2Session::Give(int32_t stream, uint8_t* to, size_t room, uint32_t* flags) {
  const auto found = outgoing_.find(stream);
  if (found == outgoing_.end()) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  Outgoing& out = found->second;
  const size_t n = std::min(room, out.bytes.size() - out.taken);
  std::memcpy(to, out.bytes.data() + out.taken, n);
  out.taken += n;
  const bool empty = out.taken == out.bytes.size();
  if (empty) {
    out.bytes.clear();
    out.taken = 0;
  }
  if (empty && out.finished) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!out.trailers.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const std::vector<nghttp2_nv> pairs = ToPairs(out.trailers);
      nghttp2_submit_trailer(session_, stream, pairs.data(), pairs.size());
    }
    return static_cast<ssize_t>(n);
  }
  return n == 0 ? static_cast<ssize_t>(NGHTTP2_ERR_DEFERRED) : static_cast<ssize_t>(n);
}

void H2Session::TakeField(int32_t, std::string_view name, std::string_view value) {
  if (name == ":method") {
    head_.method = value;
  } else if (name == ":path") {
    head_.path = value;
  } else if (name == ":authority") {
    head_.authority = value;
  } else if (name == ":protocol") {
    head_.protocol = value;
  } else if (name == ":status") {
    head_.status = static_cast<int>(ParseUint64(value).value_or(0));
  } else if (!name.starts_with(':')) {
    head_.fields.emplace_back(name, value);
  }
}

void H2Session::OnFrame(const nghttp2_frame& frame) {
  const int32_t stream = frame.hd.stream_id;
  const bool end = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (frame.hd.type == NGHTTP2_SETTINGS && (frame.hd.flags & NGHTTP2_FLAG_ACK) == 0) {
    receiver_.OnSettings();
  } else if (frame.hd.type == NGHTTP2_GOAWAY) {
    receiver_.OnGoaway(frame.goaway.last_stream_id, frame.goaway.error_code);
  } else if (frame.hd.type == NGHTTP2_HEADERS && head_.method.empty() && head_.status == 0) {
    if (end) receiver_.OnMessageEnd(stream, head_.fields);
  } else if (frame.hd.type == NGHTTP2_HEADERS) {
    const auto length = Find(head_.fields, "content-length");
    if (length.has_value()) {
      head_.framing = Framing::kLength;
      head_.length = ParseUint64(*length).value_or(0);
    } else {
      head_.framing = end ? Framing::kNone : Framing::kChunked;
    }
    receiver_.OnHead(stream, head_, end);
    if (end) receiver_.OnMessageEnd(stream, {});
  } else if (frame.hd.type == NGHTTP2_DATA && end) {
    receiver_.OnMessageEnd(stream, {});
  }
}

}  // namespace weir::sim
