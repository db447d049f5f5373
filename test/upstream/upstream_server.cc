#include "test/upstream/upstream_server.h"

#include <algorithm>
#include <utility>

#include "source/http/h1/codec.h"
#include "source/http/h2/codec.h"

namespace weir::upstream {

class UpstreamServer::Connection final : private net::ByteStreamHandler,
                                         private http::ServerCodecHandler {
 public:
  // A request in flight.
  class Request final : public http::ServerStreamHandler {
   public:
    Request(UpstreamServer& server, http::ServerStream& stream)
        : arena_(server.blocks_), head_(arena_), server_(server), stream_(&stream) {}

    http::RequestHead& request_head() override { return head_; }
    void OnHeaders(bool end) override { OnPart(end); }
    void OnBody(buffer::Buffer& data, bool end) override {
      data.Clear();
      OnPart(end);
    }
    void OnTrailers(http::HeaderMap&) override { OnPart(true); }
    void OnReset(const http::StreamError&) override {
      ++server_.resets_;
      answered_ = true;
    }
    void OnBackpressure(bool) override {}
    void OnStreamClosed() override { stream_ = nullptr; }

    bool closed() const { return stream_ == nullptr; }
    bool waits() const { return complete_ && !answered_; }
    void Answer() {
      answered_ = true;
      buffer::Arena arena(server_.blocks_);
      http::ResponseHead head(arena);
      head.status = 200;
      head.framing = {http::Framing::kLength, server_.body_.size()};
      stream_->EncodeHeaders(head, server_.body_.empty());
      if (server_.body_.empty()) return;
      buffer::Buffer body(server_.blocks_);
      body.Append(server_.body_);
      stream_->EncodeBody(body, true);
    }

   private:
    void OnPart(bool end) {
      if (!end) return;
      ++server_.requests_;
      complete_ = true;
      if (!server_.hold_) Answer();
    }

    buffer::Arena arena_;
    http::RequestHead head_;
    UpstreamServer& server_;
    http::ServerStream* stream_;
    bool complete_ = false;
    bool answered_ = false;
  };

  Connection(UpstreamServer& server, std::unique_ptr<net::ByteStream> stream)
      : server_(server),
        stream_(std::move(stream)),
        input_(server.blocks_),
        turn_end_([this] { OnTurnEnd(); }) {
    h2_.max_concurrent_streams = server.max_streams_;
    if (server.speaks_ == Speaks::kHttp2) {
      codec_ = http::h2::CreateServerCodec(*this, server.blocks_, h2_, h2_stats_);
    } else {
      codec_ = http::h1::CreateServerCodec(*this, server.blocks_, h1_);
    }
    stream_->SetHandler(this);
    OnReadable();
  }

  bool closed() const { return closed_; }
  size_t held() const {
    return static_cast<size_t>(std::count_if(requests_.begin(), requests_.end(),
                                             [](const auto& r) { return r->waits(); }));
  }
  void AnswerHeld() {
    for (auto& request : requests_) {
      if (request->waits()) request->Answer();
    }
  }
  void StartDrain() {
    codec_->StartDrain();
    OnOutput();
  }
  void WriteRaw(std::string_view bytes) {
    buffer::Buffer raw(server_.blocks_);
    raw.Append(bytes);
    stream_->Write(raw);
  }
  void Close() {
    if (closed_) return;
    closed_ = true;
    stream_->Close(net::ByteStream::CloseMode::kNormal);
    codec_->Abort({.kind = http::ErrorKind::kConnectionClosed});
  }

 private:
  void OnConnected() override {}
  void OnReadable() override {
    while (!closed_) {
      const net::IoResult result = stream_->Read(input_, 64 * 1024);
      if (result.bytes > 0) codec_->Decode(input_);
      OnOutput();
      if (result.outcome == net::IoOutcome::kAgain) return;
      if (result.outcome == net::IoOutcome::kOk) continue;
      Close();
    }
  }
  void OnWritable() override { OnTurnEnd(); }
  void OnFailed(std::string_view) override { Close(); }
  void OnOutput() override { server_.loop_.AtTurnEnd(turn_end_); }
  http::ServerStreamHandler& OnRequestStart(http::ServerStream& stream) override {
    requests_.push_back(std::make_unique<Request>(server_, stream));
    return *requests_.back();
  }
  void OnConnectionError(const http::StreamError&) override {}

  void OnTurnEnd() {
    if (closed_) return;
    http::CodecState state = codec_->FinishTurn();
    if (!input_.empty()) state = codec_->Decode(input_);
    buffer::Buffer& output = codec_->output();
    if (!output.empty()) stream_->Write(output);
    if (blocked_ != !output.empty()) {
      blocked_ = !blocked_;
      codec_->SetOutputBlocked(blocked_);
    }
    std::erase_if(requests_, [](const auto& request) { return request->closed(); });
    if (state != http::CodecState::kOpen && output.empty()) Close();
  }

  UpstreamServer& server_;
  http::h1::Options h1_;
  http::h2::Options h2_;
  http::h2::Stats h2_stats_;
  std::unique_ptr<net::ByteStream> stream_;
  std::unique_ptr<http::ServerCodec> codec_;
  buffer::Buffer input_;
  std::vector<std::unique_ptr<Request>> requests_;
  event::TurnEndTask turn_end_;
  bool blocked_ = false;
  bool closed_ = false;
};

UpstreamServer::UpstreamServer(fakes::SimLoop& loop, fakes::SimNetwork& network,
                               buffer::BlockPool& blocks, std::string_view address, Speaks speaks)
    : loop_(loop),
      blocks_(blocks),
      address_(*net::Address::Parse(address)),
      speaks_(speaks),
      sockets_(*network.OpenListenSockets(address_, {}, 1)),
      acceptor_(network.Accept(*sockets_[0], *this, 1000)),
      body_(address) {}

UpstreamServer::~UpstreamServer() = default;

void UpstreamServer::OnAccept(std::unique_ptr<net::ByteStream> stream) {
  ++accepted_;
  connections_.push_back(std::make_unique<Connection>(*this, std::move(stream)));
}

void UpstreamServer::AnswerAll() {
  hold_ = false;
  for (auto& connection : connections_) {
    if (!connection->closed()) connection->AnswerHeld();
  }
}

void UpstreamServer::CloseAll() {
  for (auto& connection : connections_) connection->Close();
}

void UpstreamServer::WriteRaw(std::string_view bytes) {
  for (auto& connection : connections_) {
    if (!connection->closed()) connection->WriteRaw(bytes);
  }
}

void UpstreamServer::DrainAll() {
  for (auto& connection : connections_) {
    if (!connection->closed()) connection->StartDrain();
  }
}

size_t UpstreamServer::open() const {
  return static_cast<size_t>(std::count_if(connections_.begin(), connections_.end(),
                                           [](const auto& c) { return !c->closed(); }));
}

size_t UpstreamServer::held() const {
  size_t held = 0;
  for (const auto& connection : connections_) {
    if (!connection->closed()) held += connection->held();
  }
  return held;
}

}  // namespace weir::upstream
