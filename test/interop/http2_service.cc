#include "test/interop/http2_service.h"

#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "source/base/strings.h"
#include "test/interop/http2_pump.h"

namespace weir::interop {
namespace {

constexpr auto kEver = std::chrono::hours(1);
constexpr auto kAskAgain = std::chrono::milliseconds(5);

class Http2Server {
 public:
  Http2Server(Socket& socket, const Http2Service& service)
      : socket_(socket), service_(service), pump_(socket) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
    nghttp2_session* session = nullptr;
    nghttp2_session_server_new(&session, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    pump_.Start(session);
  }

  void Run(std::string_view beginning) {
    absl::Status status = pump_.Take(beginning);
    while (status.ok()) {
      const bool waiting = AnswerWhatIsReady();
      status = pump_.Flush(In(kEver));
      if (!status.ok() || !socket_.Readable(waiting ? In(kAskAgain) : In(kEver))) continue;
      status = pump_.Receive(In(kEver));
    }
  }

 private:
  struct Stream {
    Request request;
    Readiness readiness;
    Answer answer;
    size_t sent = 0;
  };

  // Whether there are requests whose answer is not ready.
  bool AnswerWhatIsReady() {
    bool waiting = false;
    for (auto& [id, stream] : streams_) {
      if (!stream.readiness) continue;
      std::optional<Answer> answer = stream.readiness();
      waiting = waiting || !answer;
      if (!answer) continue;
      stream.readiness = nullptr;
      stream.answer = *std::move(answer);
      Submit(id, stream);
    }
    return waiting;
  }

  void Submit(int32_t id, Stream& stream) {
    Headers fields = stream.answer.headers;
    fields[":status"] = StrCat(stream.answer.status);
    std::vector<nghttp2_nv> list;
    for (const auto& [name, value] : fields) list.push_back(Http2Field(name, value));
    nghttp2_data_provider body{};
    body.read_callback = ReadBody;
    nghttp2_submit_response(pump_.session(), id, list.data(), list.size(), &body);
  }

  static Http2Server& Of(void* user) { return *static_cast<Http2Server*>(user); }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user) {
    Request& request = Of(user).streams_[frame->hd.stream_id].request;
    const std::string key(reinterpret_cast<const char*>(name), name_size);
    std::string text(reinterpret_cast<const char*>(value), value_size);
    if (key == ":method") request.method = text;
    if (key == ":path") request.path = text;
    request.headers[key] = std::move(text);
    return 0;
  }
  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                    void* user) {
    Of(user).streams_[id].request.body.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    const bool message = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!message || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    Stream& stream = Of(user).streams_[frame->hd.stream_id];
    stream.readiness = Of(user).service_(stream.request);
    return 0;
  }
  static int OnClose(nghttp2_session*, int32_t id, uint32_t, void* user) {
    Of(user).streams_.erase(id);
    return 0;
  }
  static ssize_t ReadBody(nghttp2_session*, int32_t id, uint8_t* to, size_t size, uint32_t* flags,
                          nghttp2_data_source*, void* user) {
    Stream& stream = Of(user).streams_[id];
    return CopyBody(stream.answer.body, stream.sent, to, size, *flags);
  }

  Socket& socket_;
  const Http2Service& service_;
  Http2Pump pump_;
  std::map<int32_t, Stream> streams_;
};

}  // namespace

void ServeHttp2(Socket& socket, std::string_view beginning, const Http2Service& service) {
  Http2Server(socket, service).Run(beginning);
}

}  // namespace weir::interop
