#include "test/interop/http2_client.h"

#include <cstdlib>
#include <map>
#include <utility>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "test/interop/http2_pump.h"

namespace weir::interop {
namespace {

class Http2Client final : public Client {
 public:
  explicit Http2Client(Socket socket);

  std::vector<absl::StatusOr<Answer>> Exchange(const std::vector<Request>& requests,
                                               Instant deadline) override;
  bool told_to_close() const override { return told_to_close_; }
  bool Rest(Instant deadline) override;

 private:
  struct Stream {
    Answer answer;
    std::string body;  // To send.
    size_t sent = 0;
    bool ended = false;  // END_STREAM has come.
    bool closed = false;
    uint32_t error = 0;
  };

  int32_t Submit(const Request& request);
  static Http2Client& Of(void* user) { return *static_cast<Http2Client*>(user); }
  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user);
  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                    void* user);
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int OnClose(nghttp2_session*, int32_t id, uint32_t error, void* user);
  static ssize_t ReadBody(nghttp2_session*, int32_t id, uint8_t* to, size_t size, uint32_t* flags,
                          nghttp2_data_source*, void* user);

  Socket socket_;
  Http2Pump pump_{socket_};
  std::map<int32_t, Stream> streams_;
  bool told_to_close_ = false;
};

Http2Client::Http2Client(Socket socket) : socket_(std::move(socket)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
  nghttp2_session* session = nullptr;
  nghttp2_session_client_new(&session, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  pump_.Start(session);
}

int32_t Http2Client::Submit(const Request& request) {
  Headers fields = request.headers;
  fields[":method"] = request.method;
  fields[":path"] = request.path;
  fields[":scheme"] = "http";
  fields[":authority"] = "zero.test";
  // A map sorts the pseudo header fields first.
  std::vector<nghttp2_nv> list;
  for (const auto& [name, value] : fields) list.push_back(Http2Field(name, value));
  nghttp2_data_provider body{};
  body.read_callback = ReadBody;
  const int32_t id = nghttp2_submit_request(pump_.session(), nullptr, list.data(), list.size(),
                                            request.body.empty() ? nullptr : &body, nullptr);
  if (id > 0) streams_[id].body = request.body;
  return id;
}

std::vector<absl::StatusOr<Answer>> Http2Client::Exchange(const std::vector<Request>& requests,
                                                          Instant deadline) {
  std::vector<int32_t> ids;
  for (const Request& request : requests) ids.push_back(Submit(request));
  absl::Status broken = pump_.Flush(deadline);
  const auto all_closed = [&] {
    for (int32_t id : ids) {
      if (id > 0 && !streams_[id].closed) return false;
    }
    return true;
  };
  while (broken.ok() && !all_closed()) broken = pump_.Receive(deadline);
  std::vector<absl::StatusOr<Answer>> answers;
  for (int32_t id : ids) {
    Stream& stream = streams_[id];
    if (id <= 0) {
      answers.push_back(Internal(StrCat("not sent: ", nghttp2_strerror(id))));
    } else if (!stream.closed) {
      answers.push_back(broken);
    } else if (stream.error != 0 || !stream.ended) {
      answers.push_back(Internal(StrCat("stream reset: ", nghttp2_http2_strerror(stream.error))));
    } else {
      answers.push_back(std::move(stream.answer));
    }
  }
  streams_.clear();
  return answers;
}

bool Http2Client::Rest(Instant deadline) {
  if (!socket_.Readable(deadline)) return true;
  return pump_.Receive(In(std::chrono::seconds(1))).ok();
}

int Http2Client::OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                          size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                          void* user) {
  const auto found = Of(user).streams_.find(frame->hd.stream_id);
  if (found == Of(user).streams_.end()) return 0;
  const std::string key(reinterpret_cast<const char*>(name), name_size);
  const std::string text(reinterpret_cast<const char*>(value), value_size);
  if (key == ":status") {
    found->second.answer.status = std::atoi(text.c_str());
  } else {
    found->second.answer.headers[key] = text;
  }
  return 0;
}

int Http2Client::OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                        void* user) {
  const auto found = Of(user).streams_.find(id);
  if (found != Of(user).streams_.end()) {
    found->second.answer.body.append(reinterpret_cast<const char*>(data), size);
  }
  return 0;
}

int Http2Client::OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  if (frame->hd.type == NGHTTP2_GOAWAY) Of(user).told_to_close_ = true;
  const auto found = Of(user).streams_.find(frame->hd.stream_id);
  const bool message = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
  if (message && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
      found != Of(user).streams_.end()) {
    found->second.ended = true;
  }
  return 0;
}

int Http2Client::OnClose(nghttp2_session*, int32_t id, uint32_t error, void* user) {
  const auto found = Of(user).streams_.find(id);
  if (found == Of(user).streams_.end()) return 0;
  found->second.closed = true;
  found->second.error = error;
  return 0;
}

ssize_t Http2Client::ReadBody(nghttp2_session*, int32_t id, uint8_t* to, size_t size,
                              uint32_t* flags, nghttp2_data_source*, void* user) {
  Stream& stream = Of(user).streams_[id];
  return CopyBody(stream.body, stream.sent, to, size, *flags);
}

}  // namespace

std::unique_ptr<Client> MakeHttp2Client(Socket socket) {
  return std::make_unique<Http2Client>(std::move(socket));
}

}  // namespace weir::interop
