// The HTTP/1.1 server codec: requests in, events out; answers in, bytes out.
#include <gtest/gtest.h>

#include <span>

#include "source/http/h1/codec.h"
#include "test/http/recording_handler.h"

namespace weir::http::h1 {
namespace {

class Server {
 public:
  explicit Server(Options given = {})
      : options(given),
        recorded(pool),
        codec(CreateServerCodec(recorded, pool, options)),
        in(pool) {}
  ~Server() { codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed}); }

  CodecState Send(std::string_view bytes) {
    in.Append(bytes);
    codec->Decode(in);
    state = codec->FinishTurn();
    output += codec->output().ToString();
    codec->output().Clear();
    return state;
  }
  RecordedRequest& request(size_t i = 0) { return *recorded.requests.at(i); }

  buffer::BlockPool pool;
  Options options;
  RecordingServer recorded;
  std::unique_ptr<ServerCodec> codec;
  buffer::Buffer in;
  std::string output;
  CodecState state = CodecState::kOpen;
};

struct EventCase {
  const char* name;
  std::string request;
  std::vector<std::string> events;
};

void ExpectEvents(std::span<const EventCase> cases, const Options& options) {
  for (const EventCase& test : cases) {
    for (size_t piece : {test.request.size(), size_t{1}}) {
      SCOPED_TRACE(StrCat(test.name, " in pieces of ", piece));
      Server server(options);
      for (size_t at = 0; at < test.request.size(); at += piece)
        server.Send(test.request.substr(at, piece));
      EXPECT_EQ(server.recorded.events.lines(), test.events);
    }
  }
}

TEST(ServerConnection, RequestsAsEvents) {
  Options options;
  options.accept_http_10 = true;
  options.default_host_for_http_10 = "default.example";
  options.enable_trailers = true;
  const EventCase cases[] = {
      {"fields are lower case and trimmed",
       "GET / HTTP/1.1\r\nHost: a\r\nX-Some-Very-Long-Field-Name-To-Fold:  v \t\r\n\r\n",
       {"request 1: GET http a /", "request 1: x-some-very-long-field-name-to-fold: v",
        "request 1: end"}},
      {"the method keeps its case",
       "gEt / HTTP/1.1\r\nhost: a\r\n\r\n",
       {"request 1: gEt http a /", "request 1: end"}},
      {"the target's authority wins",
       "GET http://b:81/x HTTP/1.1\r\nHost: a\r\n\r\n",
       {"request 1: GET http b:81 /x", "request 1: end"}},
      {"length",
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
       {"request 1: POST http a / length 5", "request 1: body hello", "request 1: end"}},
      {"length 0 has no body",
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
       {"request 1: POST http a / length 0", "request 1: end"}},
      {"chunks with extensions",
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
       "Chunked\r\n\r\n3;a=\"b\\\"\"\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
       {"request 1: POST http a / chunked", "request 1: body hello", "request 1: end"}},
      {"trailers, without those that may not follow a body",
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: "
       "1\r\nHost: b\r\n\r\n",
       {"request 1: POST http a / chunked", "request 1: body x", "request 1: trailer x-sum: 1",
        "request 1: end"}},
      {"expectation",
       "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
       {"request 1: POST http a / length 1 expects-continue", "request 1: body x",
        "request 1: end"}},
      {"what ends at this hop",
       "GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Own, te, upgrade\r\nX-Own: 1\r\nUpgrade: h2c\r\n"
       "Keep-Alive: 5\r\nTE: gzip, Trailers\r\nX-Kept: 2\r\n\r\n",
       {"request 1: GET http a /", "request 1: te: trailers", "request 1: x-kept: 2",
        "request 1: end"}},
      {"HTTP/1.0 without host",
       "GET / HTTP/1.0\r\n\r\n",
       {"request 1: GET http default.example /", "request 1: end"}},
      {"asterisk",
       "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
       {"request 1: OPTIONS http a *", "request 1: end"}},
  };
  ExpectEvents(cases, options);
}

TEST(ServerConnection, WhatAsksForATunnel) {
  Options options;
  options.accept_http_10 = true;
  const EventCase cases[] = {
      {"an upgrade",
       "POST / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: SPDY/3.1\r\n"
       "Content-Length: 0\r\n\r\nearly",
       {"request 1: POST http a / tunnel for SPDY/3.1"}},
      {"CONNECT",
       "CONNECT b:443 HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nearly",
       {"request 1: CONNECT http b:443  tunnel"}},
      {"upgrades that are ignored: a list",
       "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket, h2c\r\n\r\n",
       {"request 1: GET http a /", "request 1: end"}},
      {"two fields",
       "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nUpgrade: "
       "x\r\n\r\n",
       {"request 1: GET http a /", "request 1: end"}},
      {"TLS",
       "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: TLS/1.2\r\n\r\n",
       {"request 1: GET http a /", "request 1: end"}},
      {"one that connection does not name",
       "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
       {"request 1: GET http a /", "request 1: end"}},
      {"one beside a body",
       "POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
       "Content-Length: 1\r\n\r\nx",
       {"request 1: POST http a / length 1", "request 1: body x", "request 1: end"}},
      {"one in HTTP/1.0",
       "GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
       {"request 1: GET http a /", "request 1: end"}},
  };
  ExpectEvents(cases, options);
}

struct RefusedCase {
  std::string request;
  const char* status_line;
  const char* detail;
};

TEST(ServerConnection, RefusalsAreAnsweredAndNamed) {
  Options options;
  options.limits.max_header_bytes = 1000;
  options.limits.max_header_count = 3;
  const RefusedCase cases[] = {
      {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", "HTTP/1.1 426 Upgrade Required", "low_version"},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported",
       "http1.unsupported_version"},
      {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request", "missing_host_header"},
      {"CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 Bad Request", "http1.invalid_url"},
      {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
       "HTTP/1.1 400 Bad Request", "http1.connect_with_content"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
       "HTTP/1.1 501 Not Implemented", "http1.unsupported_transfer_encoding"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
       "HTTP/1.1 400 Bad Request", "http1.content_length_and_chunked_not_allowed"},
      {"GET / HTTP/1.1\r\nHost: a\r\nB: 1\r\nC: 1\r\nD: 1\r\n\r\n",
       "HTTP/1.1 431 Request Header Fields Too Large", "http1.too_many_headers"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'x') + "\r\n\r\n",
       "HTTP/1.1 431 Request Header Fields Too Large", "http1.headers_too_large"},
      {"GET / HTTP/1.1\r\nHost: a\r\n x: y\r\n\r\n", "HTTP/1.1 400 Bad Request",
       "http1.folded_line"},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "HTTP/1.1 400 Bad Request",
       "http1.blank_before_colon"},
      {"TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", "HTTP/1.1 400 Bad Request",
       "http1.trace_with_content"},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
       "HTTP/1.1 400 Bad Request", "http1.multiple_content_length"},
      {"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", "HTTP/1.1 400 Bad Request", "http1.bare_cr"},
  };
  for (const RefusedCase& test : cases) {
    SCOPED_TRACE(test.request.substr(0, 80));
    Server server(options);
    EXPECT_EQ(server.Send(test.request), CodecState::kFailed);
    EXPECT_EQ(server.output.substr(0, server.output.find("\r\n")), test.status_line);
    EXPECT_NE(server.output.find("close\r\n\r\n"), std::string::npos);
    ASSERT_EQ(server.recorded.errors.size(), 1u);
    EXPECT_EQ(server.recorded.errors[0].detail, test.detail);
    EXPECT_TRUE(server.recorded.requests.empty());
  }
}

TEST(ServerConnection, TheAnswerToWhatIsRefusedIsAShortText) {
  Server server;
  server.Send("GARBAGE\r\n\r\n");
  EXPECT_EQ(server.output,
            "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 11\r\n"
            "connection: close\r\n\r\nBad Request");
}

TEST(ServerConnection, WhoNeedsANewerVersionIsToldWhich) {
  Server server;
  server.Send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_NE(server.output.find("\r\nupgrade: HTTP/1.1\r\nconnection: upgrade, close\r\n\r\n"),
            std::string::npos)
      << server.output;
}

TEST(ServerConnection, AHeadThatIsCutIsAnsweredAndNoneIsNot) {
  for (const bool begun : {false, true}) {
    Server server;
    if (begun) server.Send("GET / HTTP/1.1\r\nHo");
    EXPECT_EQ(server.codec->DecodeEnd(), begun ? CodecState::kFailed : CodecState::kClosing);
    EXPECT_EQ(server.codec->output().ToString().starts_with("HTTP/1.1 400 "), begun);
  }
}

TEST(ServerConnection, AHeadIsBegunUntilItIsWhole) {
  Server server;
  EXPECT_FALSE(server.codec->head_begun());
  server.Send("GET / HTTP/1.1\r\nHo");
  EXPECT_TRUE(server.codec->head_begun());
  server.Send("st: a\r\n\r\nGET");
  EXPECT_FALSE(server.codec->head_begun()) << "the next one waits for the answer";
  server.request().Answer(200, "ok");
  server.Send("");
  EXPECT_TRUE(server.codec->head_begun());
}

TEST(ServerConnection, Http10ClientsGetNoInformationalAnswers) {
  for (const std::string_view version : {"1.0", "1.1"}) {
    Options options;
    options.accept_http_10 = true;
    Server server(options);
    server.Send(StrCat("GET / HTTP/", version, "\r\nHost: a\r\n\r\n"));
    buffer::Arena arena(server.pool);
    ResponseHead head(arena);
    head.status = 103;
    server.request().stream->EncodeInformational(head);
    server.Send("");
    EXPECT_EQ(server.output, version == "1.0" ? "" : "HTTP/1.1 103 Early Hints\r\n\r\n");
  }
}

TEST(ServerConnection, HeadsAtTheLimitPass) {
  Options options;
  options.limits.max_header_count = 3;
  Server server(options);
  EXPECT_EQ(server.Send("GET / HTTP/1.1\r\nHost: a\r\nB: 1\r\nC: 1\r\n\r\n"), CodecState::kOpen);
  EXPECT_EQ(server.recorded.requests.size(), 1u);
}

TEST(ServerConnection, ABrokenBodyResetsTheRequestAndIsAnswered) {
  Server server;
  EXPECT_EQ(server.Send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
            CodecState::kFailed);
  EXPECT_EQ(server.request().received.error.kind, ErrorKind::kMalformed);
  EXPECT_TRUE(server.request().received.closed);
  EXPECT_TRUE(server.output.starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(server.recorded.errors.empty()) << "the stream was told";
}

TEST(ServerConnection, PipelinedRequestsWaitForTheAnswerBeforeThem) {
  Server server;
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  server.Send(get + get + get);
  EXPECT_EQ(server.recorded.requests.size(), 1u);
  EXPECT_EQ(server.in.size(), 2 * get.size());
  server.request().Answer(200, "1");
  server.Send("");
  EXPECT_EQ(server.recorded.requests.size(), 2u);
  EXPECT_TRUE(server.request(0).received.closed);
}

TEST(ServerConnection, NoRequestIsReadWhileTheOutputIsFull) {
  Server server;
  server.recorded.on_end = [](RecordedRequest& request) { request.Answer(200, "ok"); };
  server.codec->SetOutputBlocked(true);
  server.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(server.recorded.requests.empty());
  server.codec->SetOutputBlocked(false);
  server.Send("");
  EXPECT_EQ(server.recorded.requests.size(), 1u);
}

struct AnswerCase {
  const char* name;
  const char* request;
  uint16_t status;
  BodyFraming framing;
  const char* body;  // Null: the head ends the answer.
  const char* expected;
  CodecState after;
};

constexpr char kGet11[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const AnswerCase kAnswerCases[] = {
    {"length",
     kGet11,
     200,
     {Framing::kLength, 2},
     "ok",
     "HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 2\r\n\r\nok",
     CodecState::kOpen},
    {"chunked",
     kGet11,
     200,
     {Framing::kChunked, 0},
     "hello world!",
     "HTTP/1.1 200 OK\r\nx-a: 1\r\ntransfer-encoding: chunked\r\n\r\nc\r\nhello "
     "world!\r\n0\r\n\r\n",
     CodecState::kOpen},
    {"an answer without body says so",
     kGet11,
     404,
     {},
     nullptr,
     "HTTP/1.1 404 Not Found\r\nx-a: 1\r\ncontent-length: 0\r\n\r\n",
     CodecState::kOpen},
    {"204 has no length",
     kGet11,
     204,
     {},
     nullptr,
     "HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n",
     CodecState::kOpen},
    {"304 may name a length",
     kGet11,
     304,
     {Framing::kLength, 9},
     nullptr,
     "HTTP/1.1 304 Not Modified\r\nx-a: 1\r\ncontent-length: 9\r\n\r\n",
     CodecState::kOpen},
    {"the body of an answer to HEAD is dropped",
     "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
     200,
     {Framing::kLength, 2},
     "ok",
     "HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 2\r\n\r\n",
     CodecState::kOpen},
    {"a status without a name",
     kGet11,
     299,
     {},
     nullptr,
     "HTTP/1.1 299 \r\nx-a: 1\r\ncontent-length: 0\r\n\r\n",
     CodecState::kOpen},
    {"the client closes",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n",
     200,
     {Framing::kLength, 2},
     "ok",
     "HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
     CodecState::kClosing},
    {"HTTP/1.0 ends with the connection",
     "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
     200,
     {Framing::kChunked, 0},
     "ok",
     "HTTP/1.1 200 OK\r\nx-a: 1\r\nconnection: close\r\n\r\nok",
     CodecState::kClosing},
    {"HTTP/1.0 with keep-alive",
     "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
     200,
     {Framing::kLength, 2},
     "ok",
     "HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok",
     CodecState::kOpen},
};

TEST(ServerConnection, AnswersAsBytes) {
  for (const AnswerCase& test : kAnswerCases) {
    SCOPED_TRACE(test.name);
    Options options;
    options.accept_http_10 = true;
    Server server(options);
    server.Send(test.request);
    buffer::Arena arena(server.pool);
    ResponseHead head(arena);
    head.status = test.status;
    head.framing = test.framing;
    head.headers.Add("x-a", "1");
    ServerStream& stream = *server.request().stream;
    stream.EncodeHeaders(head, test.body == nullptr);
    if (test.body != nullptr) {
      buffer::Buffer body(server.pool);
      body.Append(test.body);
      stream.EncodeBody(body, true);
    }
    EXPECT_EQ(server.Send(""), test.after);
    EXPECT_EQ(server.output, test.expected);
    EXPECT_TRUE(server.request().received.closed);
  }
}

TEST(ServerConnection, AnAnswerBeforeItsRequestEndedClosesAndReadsNoMore) {
  Server server;
  server.recorded.on_headers = [](RecordedRequest& request) { request.Answer(404, ""); };
  EXPECT_EQ(server.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 43\r\n\r\n"
                        "GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            CodecState::kClosing);
  EXPECT_EQ(server.recorded.requests.size(), 1u);
  EXPECT_NE(server.output.find("connection: close\r\n"), std::string::npos);
}

TEST(ServerConnection, AHalfClosedClientStillGetsItsAnswer) {
  Server server;
  server.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(server.codec->DecodeEnd(), CodecState::kOpen);
  server.request().Answer(200, "ok");
  EXPECT_EQ(server.codec->FinishTurn(), CodecState::kClosing);
  EXPECT_TRUE(server.request().received.closed);
  EXPECT_FALSE(server.request().received.reset);
}

TEST(ServerConnection, DrainClosesAnIdleConnectionAtOnce) {
  Server server;
  server.codec->StartDrain();
  EXPECT_EQ(server.codec->FinishTurn(), CodecState::kClosing);
}

TEST(ServerConnection, AHeadThatComesByTheByteIsScannedOnce) {
  // 50 KB in single bytes: quadratic work would take minutes, and the test's time limit ends it.
  Server server;
  server.Send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  for (int i = 0; i < 50'000; ++i) server.Send("y");
  EXPECT_EQ(server.Send("\r\n\r\n"), CodecState::kOpen);
  EXPECT_EQ(server.request().head.headers.Get("x")->size(), 50'000u);
}

// How a tunnel is answered, and what the codec makes of the bytes behind the request.
struct TunnelCase {
  const char* name;
  uint16_t status;
  bool granted;
  std::string output;
  std::vector<std::string> events;
  CodecState state;
};

TEST(ServerConnection, BytesBehindARequestForATunnelWaitForItsAnswer) {
  const std::string ask = "request 1: GET http a / tunnel for websocket";
  const TunnelCase cases[] = {
      {"granted",
       101,
       true,
       "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
       {ask, "request 1: body GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"},
       CodecState::kTunnel},
      {"refused",
       403,
       false,
       "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
       {ask, "request 1: closed"},
       CodecState::kClosing},
  };
  for (const TunnelCase& test : cases) {
    SCOPED_TRACE(test.name);
    Server server;
    server.Send(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
        "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(server.recorded.events.lines(), std::vector<std::string>{ask});
    buffer::Arena arena(server.pool);
    ResponseHead head(arena);
    head.status = test.status;
    if (test.granted) head.framing = BodyFraming{Framing::kTunnel, 0};
    server.request().stream->EncodeHeaders(head, !test.granted);
    EXPECT_EQ(server.Send(""), test.state);
    EXPECT_EQ(server.output, test.output);
    EXPECT_EQ(server.recorded.events.lines(), test.events);
    EXPECT_TRUE(server.in.empty());
  }
}

// What an end of the connection in order would look like the end of.
TEST(ServerConnection, WhatEndsWithTheConnectionIsTornWhenItBreaksOff) {
  const std::string upgrade =
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
  const struct {
    const char* name;
    std::string request;
    Framing framing;
    CodecState reset, unsent;
  } cases[] = {
      {"tunnel", upgrade, Framing::kTunnel, CodecState::kTorn, CodecState::kTorn},
      {"refused tunnel", upgrade, Framing::kChunked, CodecState::kClosing, CodecState::kClosing},
      {"HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", Framing::kChunked, CodecState::kTorn,
       CodecState::kTorn},
      {"HTTP/1.1", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", Framing::kChunked, CodecState::kClosing,
       CodecState::kClosing},
  };
  const StreamError gone{.kind = ErrorKind::kConnectionClosed};
  for (const auto& test : cases) {
    for (const bool whole : {false, true}) {
      SCOPED_TRACE(StrCat(test.name, whole ? ", whole" : ", broken off"));
      Options options;
      options.accept_http_10 = true;
      Server server(options);
      server.Send(test.request);
      buffer::Arena arena(server.pool);
      ResponseHead head(arena);
      head.status = test.framing == Framing::kTunnel ? 101 : 403;
      head.framing = BodyFraming{test.framing, 0};
      server.request().stream->EncodeHeaders(head, false);
      server.Send("");
      buffer::Buffer body(server.pool);
      body.Append("some");
      server.request().stream->EncodeBody(body, whole);
      if (whole) {
        // All is said, and the connection ends before it is written.
        EXPECT_EQ(server.codec->Abort(gone), test.unsent);
        server.codec->output().Clear();
      } else {
        server.request().stream->Reset(gone);
        EXPECT_EQ(server.Send(""), test.reset);
      }
      const bool torn = !whole && test.reset == CodecState::kTorn;
      EXPECT_EQ(server.codec->Abort(gone), torn ? CodecState::kTorn : CodecState::kClosing);
    }
  }
}

TEST(ServerConnection, ATunnelNobodyAskedForIsCutOff) {
  Server server;
  server.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  buffer::Arena arena(server.pool);
  ResponseHead head(arena);
  head.status = 101;
  head.framing = BodyFraming{Framing::kTunnel, 0};
  server.request().stream->EncodeHeaders(head, false);
  EXPECT_EQ(server.Send(""), CodecState::kClosing);
  EXPECT_EQ(server.output, "");
  EXPECT_TRUE(server.recorded.events.Has("request 1: closed"));
}

}  // namespace
}  // namespace weir::http::h1
