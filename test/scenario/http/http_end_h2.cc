#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <vector>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "test/scenario/http/http_end.h"
#include "test/scenario/http/http_ends.h"

namespace weir::scenario {
namespace {

using HeadFields = std::vector<std::pair<std::string, std::string>>;

class Http2End final : public HttpEnd {
 public:
  Http2End(Peer& peer, bool client) : peer_(peer) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
    const int made = client ? nghttp2_session_client_new(&session_, callbacks, this)
                            : nghttp2_session_server_new(&session_, callbacks, this);
    WEIR_CHECK(made == 0, "a session can be made");
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry connect{NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &connect, client ? 0 : 1);
    peer_.OnBytes([this](Peer&) { Read(); });
    Read();
  }
  Http2End(const Http2End&) = delete;
  Http2End& operator=(const Http2End&) = delete;
  ~Http2End() override {
    peer_.OnBytes(nullptr);
    nghttp2_session_del(session_);
  }

  size_t Request(const std::string& path, const Fields& fields, const std::string& body,
                 bool end) override {
    Fields all = {{":method", body.empty() && end ? "GET" : "POST"},
                  {":scheme", "http"},
                  {":path", path},
                  {":authority", "a.example"}};
    if (fields.contains(":protocol")) {
      all[":method"] = "CONNECT";
    } else if (const auto method = fields.find(":method"); method != fields.end()) {
      if (method->second == "CONNECT") all = {{":authority", path}};
      all[":method"] = method->second;
    }
    all.insert(fields.begin(), fields.end());
    const HeadFields head(all.begin(), all.end());  // Pseudo-header fields come first.
    const size_t exchange = streams_.size();
    // nghttp2 numbers the streams of a client 1, 3, 5.
    Stream& stream = Add(static_cast<int32_t>(2 * exchange + 1));
    stream.out = body;
    stream.out_ended = end;
    nghttp2_data_provider provider{.source = {.ptr = this}, .read_callback = Give};
    const bool has_body = !body.empty() || !end;
    const int32_t id = nghttp2_submit_request(session_, nullptr, Pairs(head).data(), head.size(),
                                              has_body ? &provider : nullptr, nullptr);
    WEIR_CHECK(id == stream.id, "streams are numbered in order");
    Flush();
    return exchange;
  }
  void Answer(size_t exchange, int status, const std::string& body, bool end,
              const Fields& fields) override {
    Stream& stream = streams_[exchange];
    stream.out = body;
    stream.out_ended = end;
    HeadFields head = {{":status", StrCat(status == 101 ? 200 : status)}};
    head.insert(head.end(), fields.begin(), fields.end());
    nghttp2_data_provider provider{.source = {.ptr = this}, .read_callback = Give};
    nghttp2_submit_response(session_, stream.id, Pairs(head).data(), head.size(),
                            !body.empty() || !end ? &provider : nullptr);
    Flush();
  }
  void Send(size_t exchange, const std::string& body, bool end) override {
    Stream& stream = streams_[exchange];
    stream.out += body;
    stream.out_ended = end;
    nghttp2_session_resume_data(session_, stream.id);
    Flush();
  }
  void SendTrailers(size_t exchange, const Fields& trailers) override {
    streams_[exchange].out_trailers.assign(trailers.begin(), trailers.end());
    Send(exchange, "", true);
  }
  void Reset(size_t exchange) override {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, streams_[exchange].id, NGHTTP2_CANCEL);
    Flush();
  }
  const Heard& heard(size_t exchange) override {
    static const Heard nothing;
    return exchange < streams_.size() ? streams_[exchange].heard : nothing;
  }
  size_t count() override {
    return static_cast<size_t>(
        std::count_if(streams_.begin(), streams_.end(),
                      [](const auto& each) { return !each.heard.start.empty(); }));
  }

 private:
  struct Stream {
    int32_t id;
    Heard heard;
    std::string out;
    bool out_ended = false;
    HeadFields out_trailers;
  };

  static std::vector<nghttp2_nv> Pairs(const HeadFields& fields) {
    std::vector<nghttp2_nv> pairs;
    for (const auto& [name, value] : fields) {
      pairs.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                       reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(),
                       value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    return pairs;
  }
  Stream& Add(int32_t id) {
    streams_.push_back({.id = id, .heard = {}, .out = {}, .out_trailers = {}});
    return streams_.back();
  }
  Stream* Find(int32_t id) {
    for (Stream& stream : streams_) {
      if (stream.id == id) return &stream;
    }
    return nullptr;
  }

  void Read() {
    const std::string bytes = peer_.TakeReceived();
    const ssize_t taken = nghttp2_session_mem_recv(
        session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    WEIR_CHECK(taken == static_cast<ssize_t>(bytes.size()), "what the proxy sends is HTTP/2");
    Flush();
  }
  void Flush() {
    const uint8_t* bytes = nullptr;
    for (;;) {
      const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
      if (size <= 0) return;
      peer_.Send({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)});
    }
  }

  static ssize_t Give(nghttp2_session* session, int32_t id, uint8_t* to, size_t room,
                      uint32_t* flags, nghttp2_data_source* source, void*) {
    Stream& stream = *static_cast<Http2End*>(source->ptr)->Find(id);
    const size_t size = std::min(room, stream.out.size());
    std::copy_n(stream.out.data(), size, reinterpret_cast<char*>(to));
    stream.out.erase(0, size);
    if (!stream.out.empty()) return static_cast<ssize_t>(size);
    if (!stream.out_ended) return size > 0 ? static_cast<ssize_t>(size) : NGHTTP2_ERR_DEFERRED;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!stream.out_trailers.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      nghttp2_submit_trailer(session, id, Pairs(stream.out_trailers).data(),
                             stream.out_trailers.size());
    }
    return static_cast<ssize_t>(size);
  }
  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* self) {
    auto& end = *static_cast<Http2End*>(self);
    Stream* stream = end.Find(frame->hd.stream_id);
    if (stream == nullptr) stream = &end.Add(frame->hd.stream_id);
    const std::string field(reinterpret_cast<const char*>(name), name_size);
    const std::string text(reinterpret_cast<const char*>(value), value_size);
    if (field == ":path" || field == ":status") {
      stream->heard.start = text;
    } else if (field == ":authority" && stream->heard.start.empty()) {
      stream->heard.start = text;
    } else if (!field.starts_with(':') || field == ":protocol") {
      const bool trailers = frame->headers.cat == NGHTTP2_HCAT_HEADERS;
      (trailers ? stream->heard.trailers : stream->heard.fields)[field] = text;
    }
    return 0;
  }
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    Stream* const stream = static_cast<Http2End*>(self)->Find(frame->hd.stream_id);
    const bool message = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (stream != nullptr && message && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      stream->heard.ended = true;
    }
    return 0;
  }
  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes, size_t size,
                    void* self) {
    if (Stream* const stream = static_cast<Http2End*>(self)->Find(id)) {
      stream->heard.body.append(reinterpret_cast<const char*>(bytes), size);
    }
    return 0;
  }
  static int OnClose(nghttp2_session*, int32_t id, uint32_t error, void* self) {
    Stream* const stream = static_cast<Http2End*>(self)->Find(id);
    if (stream != nullptr && error != NGHTTP2_NO_ERROR) stream->heard.reset = true;
    return 0;
  }

  Peer& peer_;
  nghttp2_session* session_ = nullptr;
  std::vector<Stream> streams_;
};

}  // namespace

std::unique_ptr<HttpEnd> MakeHttp2End(Peer& peer, bool client) {
  return std::make_unique<Http2End>(peer, client);
}

std::unique_ptr<HttpEnd> MakeClientEnd(Peer& peer, HttpVersion version) {
  return version == HttpVersion::kHttp1 ? MakeHttp1End(peer, true) : MakeHttp2End(peer, true);
}
std::unique_ptr<HttpEnd> MakeUpstreamEnd(Peer& peer, HttpVersion version) {
  return version == HttpVersion::kHttp1 ? MakeHttp1End(peer, false) : MakeHttp2End(peer, false);
}

}  // namespace weir::scenario
