// What source/http/codec.h promises, for HTTP/1.1 and HTTP/2 alike.
#include <gtest/gtest.h>

#include "test/http/codec_pair.h"

namespace weir::http {
namespace {

class CodecContract : public testing::TestWithParam<Protocol> {
 protected:
  bool is_h2() const { return GetParam() == Protocol::kHttp2; }
};

std::vector<std::string> Lines(const EventList& events) {
  std::vector<std::string> lines;
  for (const std::string& line : events.lines()) {
    if (!line.starts_with("connection: limit")) lines.push_back(line);
  }
  return lines;
}

TEST_P(CodecContract, ARequestWithoutBodyAndItsAnswer) {
  for (size_t piece : {SIZE_MAX, size_t{1}}) {
    CodecPair pair(GetParam());
    pair.server.on_end = [](RecordedRequest& request) { request.Answer(200, "hello"); };
    CodecPair::Request request(pair.pool);
    request.head.path = "/path?query";
    request.head.headers.Add("x-one", "1");
    ClientStream* stream = nullptr;
    RecordedResponse& response = pair.Open(stream);
    stream->EncodeHeaders(request.head, true);
    pair.Run(piece);
    EXPECT_EQ(
        Lines(pair.server.events),
        (std::vector<std::string>{"request 1: GET http a.example /path?query",
                                  "request 1: x-one: 1", "request 1: end", "request 1: closed"}));
    EXPECT_EQ(Lines(pair.client.events),
              (std::vector<std::string>{"response 1: 200 length 5", "response 1: body hello",
                                        "response 1: end", "response 1: closed"}));
    EXPECT_TRUE(response.received.ended);
    EXPECT_TRUE(pair.client_codec->can_open_stream());
    EXPECT_EQ(pair.server_codec->active_streams(), 0u);
  }
}

TEST_P(CodecContract, BodiesAndTrailersBothWays) {
  for (size_t piece : {SIZE_MAX, size_t{1}}) {
    CodecPair pair(GetParam());
    pair.server.on_end = [&](RecordedRequest& request) {
      buffer::Arena arena(pair.pool);
      ResponseHead head(arena);
      head.status = 200;
      head.framing.kind = Framing::kChunked;
      request.stream->EncodeHeaders(head, false);
      buffer::Buffer data = pair.Bytes("answer");
      request.stream->EncodeBody(data, false);
      HeaderMap trailers(arena);
      trailers.Add(HeaderId::kGrpcStatus, "0");
      request.stream->EncodeTrailers(trailers);
    };
    CodecPair::Request request(pair.pool);
    request.head.method = "POST";
    request.head.framing.kind = Framing::kChunked;
    ClientStream* stream = nullptr;
    pair.Open(stream);
    stream->EncodeHeaders(request.head, false);
    buffer::Buffer data = pair.Bytes("question");
    stream->EncodeBody(data, false);
    HeaderMap trailers(request.arena);
    trailers.Add("x-sum", "42");
    trailers.Add(HeaderId::kAuthorization, "dropped");
    stream->EncodeTrailers(trailers);
    pair.Run(piece);
    EXPECT_EQ(Lines(pair.server.events),
              (std::vector<std::string>{"request 1: POST http a.example / chunked",
                                        "request 1: body question", "request 1: trailer x-sum: 42",
                                        "request 1: end", "request 1: closed"}));
    EXPECT_EQ(Lines(pair.client.events),
              (std::vector<std::string>{"response 1: 200 chunked", "response 1: body answer",
                                        "response 1: trailer grpc-status: 0", "response 1: end",
                                        "response 1: closed"}));
  }
}

TEST_P(CodecContract, InformationalAnswersComeBeforeTheFinalOne) {
  CodecPair pair(GetParam());
  pair.server.on_headers = [&](RecordedRequest& request) {
    buffer::Arena arena(pair.pool);
    ResponseHead head(arena);
    head.status = 100;
    request.stream->EncodeInformational(head);
  };
  pair.server.on_end = [](RecordedRequest& request) { request.Answer(204, ""); };
  CodecPair::Request request(pair.pool);
  request.head.method = "POST";
  request.head.framing = BodyFraming{Framing::kLength, 4};
  request.head.expects_continue = true;
  ClientStream* stream = nullptr;
  pair.Open(stream);
  stream->EncodeHeaders(request.head, false);
  pair.Run();
  EXPECT_TRUE(pair.client.events.Has("response 1: informational 100"));
  buffer::Buffer data = pair.Bytes("body");
  stream->EncodeBody(data, true);
  pair.Run();
  EXPECT_EQ(pair.server.events.lines()[0],
            "request 1: POST http a.example / length 4 expects-continue");
  EXPECT_TRUE(pair.client.events.Has("response 1: 204"));
  EXPECT_TRUE(pair.responses[0]->received.closed);
}

TEST_P(CodecContract, TheAnswerToHeadNamesALengthAndHasNoBody) {
  CodecPair pair(GetParam());
  pair.server.on_end = [](RecordedRequest& request) { request.Answer(200, "never sent"); };
  CodecPair::Request request(pair.pool);
  request.head.method = "HEAD";
  ClientStream* stream = nullptr;
  pair.Open(stream);
  stream->EncodeHeaders(request.head, true);
  pair.Run();
  EXPECT_EQ(Lines(pair.client.events),
            (std::vector<std::string>{"response 1: 200 represents 10", "response 1: end",
                                      "response 1: closed"}));
  EXPECT_TRUE(pair.client_codec->can_open_stream());
}

TEST_P(CodecContract, AShortBodyNeverLooksWhole) {
  CodecPair pair(GetParam());
  pair.server.on_end = [&](RecordedRequest& request) {
    buffer::Arena arena(pair.pool);
    ResponseHead head(arena);
    head.status = 200;
    head.framing = BodyFraming{Framing::kLength, 10};
    request.stream->EncodeHeaders(head, false);
    buffer::Buffer data = pair.Bytes("short");
    request.stream->EncodeBody(data, true);
  };
  CodecPair::Request request(pair.pool);
  ClientStream* stream = nullptr;
  RecordedResponse& response = pair.Open(stream);
  stream->EncodeHeaders(request.head, true);
  pair.Run();
  if (pair.server_state != CodecState::kOpen) pair.client_codec->DecodeEnd();
  EXPECT_FALSE(response.received.ended);
  EXPECT_TRUE(pair.server.requests[0]->received.reset);
  EXPECT_TRUE(pair.server.requests[0]->received.closed);
  // HTTP/1 ends the connection instead; the session closes what FinishTurn calls kClosing.
  if (!is_h2()) EXPECT_EQ(pair.server_codec->FinishTurn(), CodecState::kClosing);
  if (is_h2()) EXPECT_TRUE(response.received.reset);
}

TEST_P(CodecContract, ALongBodyIsCutOff) {
  CodecPair pair(GetParam());
  CodecPair::Request request(pair.pool);
  request.head.method = "POST";
  request.head.framing = BodyFraming{Framing::kLength, 3};
  ClientStream* stream = nullptr;
  RecordedResponse& response = pair.Open(stream);
  stream->EncodeHeaders(request.head, false);
  buffer::Buffer data = pair.Bytes("too long");
  stream->EncodeBody(data, true);
  pair.Run();
  EXPECT_TRUE(response.received.reset);
  EXPECT_TRUE(response.received.closed);
  for (auto& each : pair.server.requests) EXPECT_FALSE(each->received.ended);
}

TEST_P(CodecContract, ResetFromTheServerReachesTheClient) {
  CodecPair pair(GetParam());
  pair.server.on_headers = [](RecordedRequest& request) {
    request.stream->Reset(StreamError{.kind = ErrorKind::kLocalReset});
  };
  CodecPair::Request request(pair.pool);
  ClientStream* stream = nullptr;
  RecordedResponse& response = pair.Open(stream);
  stream->EncodeHeaders(request.head, true);
  pair.Run();
  EXPECT_FALSE(pair.server.requests[0]->received.reset) << "Reset is not told to who called it";
  EXPECT_TRUE(pair.server.requests[0]->received.closed);
  if (!is_h2()) pair.client_codec->DecodeEnd();
  EXPECT_TRUE(response.received.reset);
  EXPECT_TRUE(response.received.closed);
}

TEST_P(CodecContract, ResetFromTheClientReachesTheServer) {
  CodecPair pair(GetParam());
  CodecPair::Request request(pair.pool);
  ClientStream* stream = nullptr;
  RecordedResponse& response = pair.Open(stream);
  stream->EncodeHeaders(request.head, true);
  pair.Run();
  stream->Reset(StreamError{.kind = ErrorKind::kLocalReset});
  pair.Run();
  EXPECT_FALSE(response.received.reset);
  EXPECT_TRUE(response.received.closed);
  if (!is_h2()) {
    EXPECT_EQ(pair.client_codec->FinishTurn(), CodecState::kClosing);
    pair.server_codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
  }
  EXPECT_TRUE(pair.server.requests[0]->received.reset);
  EXPECT_TRUE(pair.server.requests[0]->received.closed);
}

TEST_P(CodecContract, APausedStreamGetsNothingUntilItResumes) {
  CodecPair pair(GetParam());
  pair.server.on_headers = [](RecordedRequest& request) { request.stream->SetReadPaused(true); };
  pair.server.on_end = [](RecordedRequest& request) { request.Answer(200, ""); };
  CodecPair::Request request(pair.pool);
  request.head.method = "POST";
  request.head.framing.kind = Framing::kChunked;
  ClientStream* stream = nullptr;
  RecordedResponse& response = pair.Open(stream);
  stream->EncodeHeaders(request.head, false);
  buffer::Buffer data = pair.Bytes("held");
  stream->EncodeBody(data, true);
  pair.Run();
  EXPECT_EQ(pair.server.requests[0]->received.body, "");
  pair.server.requests[0]->stream->SetReadPaused(false);
  pair.Run();
  EXPECT_EQ(pair.server.requests[0]->received.body, "held");
  EXPECT_TRUE(response.received.ended);
  EXPECT_TRUE(response.received.closed);
}

TEST_P(CodecContract, ABlockedOutputIsToldOnceEachWay) {
  CodecPair pair(GetParam());
  CodecPair::Request request(pair.pool);
  request.head.method = "POST";
  request.head.framing.kind = Framing::kChunked;
  ClientStream* stream = nullptr;
  RecordedResponse& response = pair.Open(stream);
  stream->EncodeHeaders(request.head, false);
  pair.client_codec->SetOutputBlocked(true);
  pair.client_codec->SetOutputBlocked(true);
  buffer::Buffer data = pair.Bytes("data");
  stream->EncodeBody(data, true);
  // A stream of HTTP/1 holds nothing: its bytes are the connection's output at once.
  EXPECT_EQ(stream->buffered() > 0, is_h2());
  pair.client_codec->SetOutputBlocked(false);
  EXPECT_EQ(Lines(pair.client.events),
            (std::vector<std::string>{"response 1: blocked", "response 1: unblocked"}));
  pair.Run();
  EXPECT_EQ(pair.server.requests[0]->received.body, "data");
  EXPECT_FALSE(response.received.reset);
}

TEST_P(CodecContract, AbortTellsEveryOpenStream) {
  CodecPair pair(GetParam());
  CodecPair::Request request(pair.pool);
  ClientStream* stream = nullptr;
  RecordedResponse& response = pair.Open(stream);
  stream->EncodeHeaders(request.head, true);
  pair.Run();
  pair.client_codec->Abort(
      StreamError{.kind = ErrorKind::kConnectionClosed, .side = Side::kUpstream});
  EXPECT_EQ(response.received.error.kind, ErrorKind::kConnectionClosed);
  EXPECT_TRUE(response.received.closed);
  EXPECT_EQ(pair.client_codec->active_streams(), 0u);
  EXPECT_FALSE(pair.client_codec->can_open_stream());
}

TEST_P(CodecContract, AStreamThatSentNothingIsUnprocessed) {
  CodecPair pair(GetParam());
  ClientStream* stream = nullptr;
  RecordedResponse& response = pair.Open(stream);
  pair.client_codec->Abort(
      StreamError{.kind = ErrorKind::kConnectionClosed, .side = Side::kUpstream});
  EXPECT_TRUE(response.received.error.unprocessed);
}

TEST_P(CodecContract, DrainFinishesWhatIsInFlight) {
  CodecPair pair(GetParam());
  CodecPair::Request request(pair.pool);
  ClientStream* stream = nullptr;
  RecordedResponse& response = pair.Open(stream);
  stream->EncodeHeaders(request.head, true);
  pair.Run();
  pair.server_codec->StartDrain();
  pair.Run();
  EXPECT_EQ(pair.server_codec->FinishTurn(), CodecState::kOpen);
  pair.server.requests[0]->Answer(200, "last");
  pair.Run();
  EXPECT_EQ(response.received.body, "last");
  EXPECT_FALSE(response.received.reset);
  EXPECT_EQ(pair.server_codec->FinishTurn(), CodecState::kClosing);
  EXPECT_FALSE(pair.client_codec->can_open_stream());
}

TEST_P(CodecContract, AnEarlyAnswerEndsTheRequestToo) {
  CodecPair pair(GetParam());
  pair.server.on_headers = [](RecordedRequest& request) { request.Answer(413, ""); };
  CodecPair::Request request(pair.pool);
  request.head.method = "POST";
  request.head.framing.kind = Framing::kChunked;
  ClientStream* stream = nullptr;
  RecordedResponse& response = pair.Open(stream);
  stream->EncodeHeaders(request.head, false);
  pair.Run();
  EXPECT_EQ(response.status, 413);
  EXPECT_FALSE(response.received.reset);
  EXPECT_TRUE(pair.server.requests[0]->received.closed);
  EXPECT_FALSE(pair.server.requests[0]->received.reset);
  if (!is_h2()) {
    EXPECT_FALSE(pair.client_codec->can_open_stream()) << "the request was not sent whole";
  }
}

TEST_P(CodecContract, ThePeersEndResetsWhatWaitsForBytes) {
  CodecPair pair(GetParam());
  CodecPair::Request request(pair.pool);
  request.head.method = "POST";
  request.head.framing = BodyFraming{Framing::kLength, 100};
  ClientStream* stream = nullptr;
  RecordedResponse& response = pair.Open(stream);
  stream->EncodeHeaders(request.head, false);
  pair.Run();
  EXPECT_EQ(pair.server_codec->DecodeEnd(), CodecState::kClosing);
  EXPECT_EQ(pair.server.requests[0]->received.error.kind, ErrorKind::kConnectionClosed);
  EXPECT_TRUE(pair.server.requests[0]->received.closed);
  EXPECT_EQ(pair.client_codec->DecodeEnd(), CodecState::kClosing);
  EXPECT_EQ(response.received.error.kind, ErrorKind::kConnectionClosed);
  EXPECT_TRUE(response.received.closed);
}

TEST_P(CodecContract, ManyRequestsOverOneConnection) {
  CodecPair pair(GetParam());
  pair.server.on_end = [](RecordedRequest& request) { request.Answer(200, request.head.path); };
  for (int i = 0; i < 100; ++i) {
    CodecPair::Request request(pair.pool);
    const std::string path = StrCat("/", i);
    request.head.path = path;
    ClientStream* stream = nullptr;
    RecordedResponse& response = pair.Open(stream);
    stream->EncodeHeaders(request.head, true);
    pair.Run();
    ASSERT_EQ(response.received.body, path);
    ASSERT_TRUE(response.received.closed);
  }
}

TEST_P(CodecContract, LargeBodiesArriveWhole) {
  CodecPair pair(GetParam());
  std::string text(3 * 1024 * 1024, 'x');
  for (size_t i = 0; i < text.size(); i += 1000) text[i] = static_cast<char>('a' + i / 1000 % 26);
  pair.server.on_end = [&](RecordedRequest& request) { request.Answer(200, text); };
  CodecPair::Request request(pair.pool);
  request.head.method = "POST";
  request.head.framing.kind = Framing::kChunked;
  ClientStream* stream = nullptr;
  RecordedResponse& response = pair.Open(stream);
  stream->EncodeHeaders(request.head, false);
  buffer::Buffer data = pair.Bytes(text);
  stream->EncodeBody(data, true);
  pair.Run(5000);
  EXPECT_TRUE(pair.server.requests[0]->received.body == text);
  EXPECT_TRUE(response.received.body == text);
  EXPECT_TRUE(response.received.closed);
}

// A request for a tunnel on a pair of codecs, and what its answer makes of it.
class Asking {
 public:
  Asking(Protocol protocol, bool upgrade) : pair(protocol), request(pair.pool) {
    pair.Run();  // HTTP/2: its SETTINGS.
    if (upgrade) {
      request.head.protocol = "websocket";
    } else {
      request.head.method = "CONNECT";
      request.head.authority = "a.example:80";
      request.head.path = "";
    }
    request.head.framing.kind = Framing::kTunnel;
    response = &pair.Open(stream);
    stream->EncodeHeaders(request.head, false);
    pair.Run();
  }
  RecordedRequest& asked() { return *pair.server.requests.at(0); }
  void Grant() {
    asked().GrantTunnel();
    pair.Run();
  }
  void FromClient(std::string_view bytes, bool end) {
    buffer::Buffer data = pair.Bytes(bytes);
    stream->EncodeBody(data, end);
    pair.Run();
  }
  void FromServer(std::string_view bytes, bool end) {
    buffer::Buffer data = pair.Bytes(bytes);
    asked().stream->EncodeBody(data, end);
    pair.Run();
  }

  CodecPair pair;
  CodecPair::Request request;
  ClientStream* stream = nullptr;
  RecordedResponse* response = nullptr;
};

TEST_P(CodecContract, ATunnelEndsOneSideAtATime) {
  for (const bool upgrade : {true, false}) {
    for (const bool client_first : {true, false}) {
      SCOPED_TRACE(StrCat(upgrade ? "upgrade" : "connect", client_first ? ", client first" : ""));
      Asking tunnel(GetParam(), upgrade);
      EXPECT_TRUE(tunnel.pair.server.events.Has(
          upgrade ? "request 1: GET http a.example / tunnel for websocket"
                  : "request 1: CONNECT http a.example:80  tunnel"))
          << tunnel.pair.server.events.text();
      EXPECT_FALSE(tunnel.asked().received.ended);
      tunnel.Grant();
      EXPECT_TRUE(
          tunnel.pair.client.events.Has(StrCat("response 1: ", upgrade ? 101 : 200, " tunnel")))
          << tunnel.pair.client.events.text();
      tunnel.FromClient("ping", false);
      tunnel.FromServer("pong", false);
      if (client_first) tunnel.FromClient(" bye", true);
      if (!client_first) tunnel.FromServer(" bye", true);
      EXPECT_EQ(tunnel.asked().received.ended, client_first);
      EXPECT_EQ(tunnel.response->received.ended, !client_first);
      EXPECT_FALSE(tunnel.asked().received.closed);
      EXPECT_FALSE(tunnel.response->received.closed);
      if (client_first) tunnel.FromServer(" bye", true);
      if (!client_first) tunnel.FromClient(" bye", true);
      EXPECT_EQ(tunnel.asked().received.body, "ping bye");
      EXPECT_EQ(tunnel.response->received.body, "pong bye");
      EXPECT_TRUE(tunnel.asked().received.closed && tunnel.response->received.closed);
      EXPECT_FALSE(tunnel.asked().received.reset || tunnel.response->received.reset);
    }
  }
}

TEST_P(CodecContract, NothingOfATunnelIsSentBeforeItsGrant) {
  Asking tunnel(GetParam(), true);
  tunnel.FromClient("early", false);
  EXPECT_TRUE(tunnel.response->received.reset);
  EXPECT_EQ(tunnel.asked().received.body, "");
}

TEST_P(CodecContract, ARefusedTunnelIsAnsweredAndOver) {
  Asking tunnel(GetParam(), true);
  tunnel.asked().Answer(403, "no");
  tunnel.pair.Run();
  EXPECT_TRUE(tunnel.pair.client.events.Has("response 1: 403 length 2"))
      << tunnel.pair.client.events.text();
  EXPECT_EQ(tunnel.response->received.body, "no");
  EXPECT_TRUE(tunnel.asked().received.closed);
  EXPECT_EQ(tunnel.pair.server_codec->active_streams(), 0u);
  if (!is_h2()) EXPECT_EQ(tunnel.pair.server_state, CodecState::kClosing);
}

INSTANTIATE_TEST_SUITE_P(Protocols, CodecContract,
                         testing::Values(Protocol::kHttp11, Protocol::kHttp2),
                         [](const testing::TestParamInfo<Protocol>& info) {
                           return info.param == Protocol::kHttp2 ? "Http2" : "Http11";
                         });

}  // namespace
}  // namespace weir::http
