// The HTTP/1.1 client codec: which connections may carry another request.
#include <gtest/gtest.h>

#include "source/http/h1/codec.h"
#include "test/http/recording_handler.h"

namespace weir::http::h1 {
namespace {

class ClientConnectionTest : public testing::Test {
 protected:
  ClientConnectionTest() {
    head_.method = "GET";
    head_.authority = "a.example";
    head_.path = "/";
  }
  ~ClientConnectionTest() override {
    codec_->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
  }
  CodecState Receive(std::string_view bytes) {
    in_.Append(bytes);
    return codec_->Decode(in_);
  }

  buffer::BlockPool pool_;
  Options options_;
  RecordingClient client_;
  std::unique_ptr<ClientCodec> codec_ = CreateClientCodec(client_, pool_, options_);
  RecordedResponse response_{pool_, client_.events, "response"};
  buffer::Arena arena_{pool_};
  RequestHead head_{arena_};
  buffer::Buffer in_{pool_};
};

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_F(ClientConnectionTest, BytesBehindAnAnswerNeverMeetARequestMadeAtItsEnd) {
  bool could_open = false;
  response_.on_closed = [&] { could_open = codec_->can_open_stream(); };
  codec_->NewStream(response_).EncodeHeaders(head_, true);
  EXPECT_NE(static_cast<int>(Receive(std::string(kOk) + std::string(kOk))),
            static_cast<int>(CodecState::kOpen));
  EXPECT_TRUE(response_.received.closed);
  EXPECT_FALSE(could_open);
}

TEST_F(ClientConnectionTest, BytesOnAnIdleConnectionEndIt) {
  EXPECT_EQ(Receive("HTTP/1.1 408 Request Timeout\r\n\r\n"), CodecState::kFailed);
  EXPECT_EQ(client_.errors.size(), 1u);
  EXPECT_FALSE(codec_->can_open_stream());
}

TEST_F(ClientConnectionTest, AnAnswerBeforeTheRequestIsNone) {
  codec_->NewStream(response_);
  EXPECT_EQ(Receive(kOk), CodecState::kFailed);
  EXPECT_TRUE(response_.received.reset);
  EXPECT_EQ(response_.status, 0);
}

TEST_F(ClientConnectionTest, WhatMayBeUsedAgain) {
  const struct {
    const char* answer;
    bool reusable;
  } cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
      {"HTTP/1.1 204 No Content\r\n\r\n", true},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", true},
      {"HTTP/1.1 200 OK\r\n\r\n", false},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.answer);
    auto codec = CreateClientCodec(client_, pool_, options_);
    RecordedResponse response(pool_, client_.events, "response");
    codec->NewStream(response).EncodeHeaders(head_, true);
    buffer::Buffer in(pool_);
    in.Append(test.answer);
    codec->Decode(in);
    EXPECT_EQ(codec->can_open_stream(), test.reusable);
    codec->DecodeEnd();
    EXPECT_TRUE(response.received.ended);
    EXPECT_TRUE(response.received.closed);
  }
}

TEST_F(ClientConnectionTest, ARequestAsBytes) {
  head_.headers.Add(HeaderId::kTe, "trailers");
  head_.framing = BodyFraming{Framing::kLength, 2};
  head_.method = "POST";
  head_.expects_continue = true;
  ClientStream& stream = codec_->NewStream(response_);
  stream.EncodeHeaders(head_, false);
  buffer::Buffer body(pool_);
  body.Append("ok");
  stream.EncodeBody(body, true);
  EXPECT_EQ(codec_->output().ToString(),
            "POST / HTTP/1.1\r\nhost: a.example\r\nte: trailers\r\nexpect: 100-continue\r\n"
            "connection: te\r\ncontent-length: 2\r\n\r\nok");
}

// RFC 9112, 3.2.2 and 3.2.4.
TEST_F(ClientConnectionTest, TargetsThatSayTheirHost) {
  options_.absolute_form = true;
  codec_ = CreateClientCodec(client_, pool_, options_);
  head_.scheme = "http";
  for (const std::string_view path : {"/a?b", "*"}) {
    head_.path = path;
    head_.method = path == "*" ? "OPTIONS" : "GET";
    codec_->NewStream(response_).EncodeHeaders(head_, true);
    EXPECT_EQ(codec_->output().ToString(),
              StrCat(head_.method, " http://a.example", path == "*" ? "" : path,
                     " HTTP/1.1\r\nhost: a.example\r\n\r\n"));
    codec_->output().Clear();
    Receive(kOk);
    codec_->FinishTurn();
  }
}

TEST_F(ClientConnectionTest, WhatGrantsATunnel) {
  const struct {
    const char* protocol;  // "" for CONNECT
    const char* answer;
    const char* heard;
  } cases[] = {
      {"websocket", "101 x\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\nraw", "101 tunnel"},
      {"websocket", "101 x\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\nraw", ""},
      {"websocket", "101 x\r\nConnection: upgrade\r\n\r\nraw", ""},
      {"websocket", "101 x\r\nUpgrade: websocket\r\n\r\nraw", ""},
      {"websocket", "101 x\r\nConnection: upgrade\r\nUpgrade: websocket, x\r\n\r\nraw", ""},
      {"websocket",
       "200 OK\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
       "Content-Length: 3\r\n\r\nraw",
       "200 length 3"},
      {"", "200 OK\r\nContent-Length: 9\r\n\r\nraw", "200 tunnel"},
      {"", "204 No Content\r\nTransfer-Encoding: chunked\r\n\r\nraw", "204 tunnel"},
      {"", "101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nraw", ""},
      {"", "403 Forbidden\r\nContent-Length: 3\r\n\r\nraw", "403 length 3"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(StrCat(test.protocol, ": ", test.answer));
    auto codec = CreateClientCodec(client_, pool_, options_);
    RecordedResponse response(pool_, client_.events, "response");
    head_.method = *test.protocol == 0 ? "CONNECT" : "GET";
    head_.path = *test.protocol == 0 ? "" : "/";
    head_.protocol = test.protocol;
    head_.framing = BodyFraming{Framing::kTunnel, 0};
    ClientStream& stream = codec->NewStream(response);
    stream.EncodeHeaders(head_, false);
    in_.Clear();
    in_.Append(StrCat("HTTP/1.1 ", test.answer));
    codec->Decode(in_);
    EXPECT_EQ(response.received.reset, *test.heard == 0);
    if (*test.heard != 0) {
      EXPECT_TRUE(client_.events.Has(StrCat("response: ", test.heard)));
      EXPECT_EQ(response.received.body, "raw");
    }
    EXPECT_FALSE(codec->can_open_stream());
    codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
  }
}

TEST_F(ClientConnectionTest, ATunnelWhoseLastBytesAreNotSentIsTorn) {
  const StreamError gone{.kind = ErrorKind::kConnectionClosed};
  for (const bool sent : {false, true}) {
    SCOPED_TRACE(sent);
    auto codec = CreateClientCodec(client_, pool_, options_);
    RecordedResponse response(pool_, client_.events, "response");
    head_.protocol = "websocket";
    head_.framing = BodyFraming{Framing::kTunnel, 0};
    ClientStream& stream = codec->NewStream(response);
    stream.EncodeHeaders(head_, false);
    codec->output().Clear();
    in_.Append("HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    codec->Decode(in_);
    codec->DecodeEnd();
    buffer::Buffer last(pool_);
    last.Append("last words");
    stream.EncodeBody(last, true);
    if (sent) codec->output().Clear();
    EXPECT_EQ(codec->Abort(gone), sent ? CodecState::kClosing : CodecState::kTorn);
    EXPECT_FALSE(response.received.reset);
  }
}

TEST_F(ClientConnectionTest, NothingOfATunnelIsSentBeforeItIsGranted) {
  head_.protocol = "websocket";
  head_.framing = BodyFraming{Framing::kTunnel, 0};
  ClientStream& stream = codec_->NewStream(response_);
  stream.EncodeHeaders(head_, false);
  EXPECT_EQ(
      codec_->output().ToString(),
      "GET / HTTP/1.1\r\nhost: a.example\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
  codec_->output().Clear();
  buffer::Buffer early(pool_);
  early.Append("early");
  stream.EncodeBody(early, false);
  EXPECT_EQ(codec_->FinishTurn(), CodecState::kClosing);
  EXPECT_TRUE(codec_->output().empty());
  EXPECT_TRUE(response_.received.reset);
}

}  // namespace
}  // namespace weir::http::h1
