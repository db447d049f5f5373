// Replays test/conformance/h1_cases.jsonl and h1_response_cases.jsonl against the codecs: each case
// whole, one byte at a time, in pieces of seven, and behind another request.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "source/http/h1/codec.h"
#include "test/http/conformance_cases.h"
#include "test/http/recording_handler.h"

namespace weir::http::h1 {
namespace {

// Cases that a codec alone cannot decide, and who does.
const std::map<std::string, std::string> kDecidedElsewhere = {
    {"H1-CL-31", "headers_with_underscores_action of the connection manager"},
    {"H1-TE-47", "headers_with_underscores_action of the connection manager"},
    {"H1-CL-36", "the buffer filter's limit"},
    {"H1-CO-10", "the proxy's request sanitising"},
    {"H1-FN-49", "the proxy's handling of x-forwarded-*"},
    {"H1-PI-08", "the local reply; the codec's part is tested in server_connection_test"},
    {"H1-PI-09", "the local reply; the codec's part is tested in server_connection_test"},
    {"H1-RL-67", "upgrade_configs of the connection manager; the codec holds the bytes"},
    {"H1-UP-08", "an upstream that refuses; the codec holds the bytes"},
};

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), AsciiToLower);
  return text;
}

// What an HTTP/1 upstream would get of `request`.
std::string Forward(buffer::BlockPool& pool, RecordedRequest& request) {
  Options options;
  RecordingClient handler;
  auto codec = CreateClientCodec(handler, pool, options);
  RecordedResponse response(pool, handler.events, "response");
  ClientStream& stream = codec->NewStream(response);
  const bool end = request.received.body.empty() && request.head.framing.kind != Framing::kChunked;
  stream.EncodeHeaders(request.head, end);
  if (!end) {
    buffer::Buffer body(pool);
    body.Append(request.received.body);
    stream.EncodeBody(body, true);
  }
  const std::string bytes = codec->output().ToString();
  codec->Abort(StreamError{.kind = ErrorKind::kLocalReset});
  return bytes;
}

struct Outcome {
  CodecState state = CodecState::kOpen;
  int requests = 0;  // Complete ones.
  int last_status = 0;
  std::string forwarded;
  std::string events;
};

// The status of the last answer in `output`.
int LastStatus(const std::string& output) {
  const size_t at = output.rfind("HTTP/1.1 ");
  return at == std::string::npos ? 0 : std::stoi(output.substr(at + 9, 3));
}

Outcome Replay(const std::string& bytes, size_t piece, bool half_close, const Options& options) {
  buffer::BlockPool pool;
  Outcome outcome;
  {
    RecordingServer server(pool);
    server.on_end = [&](RecordedRequest& request) { request.Answer(200, "ok"); };
    auto codec = CreateServerCodec(server, pool, options);
    buffer::Buffer in(pool);
    std::string output;
    for (size_t at = 0; at < bytes.size() && outcome.state == CodecState::kOpen; at += piece) {
      in.Append(bytes.substr(at, piece));
      outcome.state = codec->Decode(in);
      if (outcome.state == CodecState::kOpen) outcome.state = codec->FinishTurn();
      output += codec->output().ToString();
      codec->output().Clear();
    }
    // The bytes that waited for the output to drain.
    while (outcome.state == CodecState::kOpen && !in.empty()) {
      const size_t before = in.size();
      outcome.state = codec->Decode(in);
      output += codec->output().ToString();
      codec->output().Clear();
      if (in.size() == before) break;
    }
    if (half_close && outcome.state == CodecState::kOpen) outcome.state = codec->DecodeEnd();
    codec->FinishTurn();
    output += codec->output().ToString();
    outcome.last_status = LastStatus(output);
    for (auto& request : server.requests) {
      if (!request->received.ended) continue;
      ++outcome.requests;
      outcome.forwarded += Forward(pool, *request);
    }
    codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
    outcome.events = server.events.text();
  }
  return outcome;
}

void Judge(const ConformanceCase& test, const Outcome& outcome, int before) {
  const std::string expect = test.Text("expect");
  const int wanted = test.Number("upstream_requests", 0) + before;
  const int most = std::max(test.Number("max_upstream", 0) + before, wanted);
  EXPECT_LE(outcome.requests, most);
  if (expect == "reject400") {
    EXPECT_TRUE(outcome.state != CodecState::kOpen);
    auto allowed = test.Numbers("status");
    if (before > 0) allowed.push_back(200);
    EXPECT_EQ(std::count(allowed.begin(), allowed.end(), outcome.last_status), 1)
        << outcome.last_status;
    EXPECT_EQ(outcome.requests, wanted);
    return;
  }
  if (expect == "close") {
    EXPECT_TRUE(outcome.state != CodecState::kOpen);
  } else {
    EXPECT_GE(outcome.requests, wanted);
    EXPECT_TRUE(outcome.state != CodecState::kFailed);
  }
  const std::string forwarded = Lower(outcome.forwarded);
  for (const std::string& text : test.Texts("forward_has")) {
    EXPECT_NE(forwarded.find(Lower(text)), std::string::npos) << text << "\n" << forwarded;
  }
  for (const std::string& text : test.Texts("forward_lacks")) {
    EXPECT_EQ(forwarded.find(Lower(text)), std::string::npos) << text << "\n" << forwarded;
  }
}

TEST(RequestConformance, EveryCaseIsJudgedTheSameHoweverItIsCut) {
  int judged = 0;
  for (const ConformanceCase& test : ReadConformanceCases("h1_cases.jsonl")) {
    if (kDecidedElsewhere.count(test.id()) != 0) continue;
    Options options;
    options.accept_http_10 = test.Text("config") == "accept_http_10";
    const std::string request = test.Text("request");
    for (size_t piece : {request.size() + 1, size_t{7}, size_t{1}}) {
      SCOPED_TRACE(StrCat(test.id(), " in pieces of ", piece, ": ", test.Text("note")));
      const Outcome outcome = Replay(request, piece, test.Flag("half_close"), options);
      SCOPED_TRACE(outcome.events.substr(0, 600));
      Judge(test, outcome, 0);
    }
    SCOPED_TRACE(StrCat(test.id(), " pipelined"));
    const Outcome outcome = Replay("GET /before HTTP/1.1\r\nHost: a.example\r\n\r\n" + request,
                                   SIZE_MAX / 2, test.Flag("half_close"), options);
    SCOPED_TRACE(outcome.events.substr(0, 600));
    Judge(test, outcome, 1);
    ++judged;
  }
  EXPECT_EQ(judged, 232 - static_cast<int>(kDecidedElsewhere.size()));
}

struct ResponseOutcome {
  int status = 502;  // What a proxy would answer.
  bool reusable = false;
  std::string to_client;
  std::string events;
};

ResponseOutcome ReplayResponse(const std::string& method, const std::string& bytes, size_t piece,
                               bool closes) {
  buffer::BlockPool pool;
  Options options;
  ResponseOutcome outcome;
  RecordingClient client;
  auto codec = CreateClientCodec(client, pool, options);
  RecordedResponse response(pool, client.events, "response");
  buffer::Arena arena(pool);
  RequestHead request(arena);
  request.method = method;
  request.authority = "a.example";
  request.path = "/r";
  codec->NewStream(response).EncodeHeaders(request, true);
  buffer::Buffer in(pool);
  CodecState state = CodecState::kOpen;
  for (size_t at = 0; at < bytes.size() && state == CodecState::kOpen; at += piece) {
    in.Append(bytes.substr(at, piece));
    state = codec->Decode(in);
  }
  outcome.reusable = state == CodecState::kOpen && codec->can_open_stream() && in.empty();
  if (closes && state == CodecState::kOpen) codec->DecodeEnd();
  codec->FinishTurn();
  if (response.status != 0) {
    outcome.status = response.status;
    RecordingServer server(pool);
    auto downstream = CreateServerCodec(server, pool, options);
    buffer::Buffer get(pool);
    get.Append(StrCat(method, " /r HTTP/1.1\r\nhost: a.example\r\n\r\n"));
    downstream->Decode(get);
    ServerStream& stream = *server.requests[0]->stream;
    const bool end = response.received.ended && response.received.body.empty() &&
                     response.head.framing.length == 0;
    stream.EncodeHeaders(response.head, end);
    buffer::Buffer body(pool);
    body.Append(response.received.body);
    if (!end) stream.EncodeBody(body, response.received.ended);
    outcome.to_client = downstream->output().ToString();
    downstream->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
  }
  codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
  outcome.events = client.events.text();
  return outcome;
}

TEST(ResponseConformance, EveryCaseIsJudgedTheSameHoweverItIsCut) {
  int judged = 0;
  for (const ConformanceCase& test : ReadConformanceCases("h1_response_cases.jsonl")) {
    const std::string bytes = test.Text("upstream");
    const std::string request = test.Text("request");
    for (size_t piece : {bytes.size() + 1, size_t{7}, size_t{1}}) {
      SCOPED_TRACE(StrCat(test.id(), " in pieces of ", piece, ": ", test.Text("note")));
      const ResponseOutcome outcome = ReplayResponse(request.substr(0, request.find(' ')), bytes,
                                                     piece, test.Flag("upstream_closes"));
      SCOPED_TRACE(outcome.events.substr(0, 600));
      const auto allowed = test.Numbers("status");
      EXPECT_EQ(std::count(allowed.begin(), allowed.end(), outcome.status), 1) << outcome.status;
      const std::string to_client = Lower(outcome.to_client);
      for (const std::string& text : test.Texts("client_has")) {
        EXPECT_NE(to_client.find(Lower(text)), std::string::npos) << to_client;
      }
      for (const std::string& text : test.Texts("client_lacks")) {
        EXPECT_EQ(to_client.find(Lower(text)), std::string::npos) << to_client;
      }
      // Cut by the byte, an answer is complete before its unasked-for rest comes.
      if (test.Has("upstream_reusable") && piece > bytes.size()) {
        EXPECT_EQ(outcome.reusable, test.Flag("upstream_reusable"));
      }
    }
    ++judged;
  }
  EXPECT_EQ(judged, 37);
}

}  // namespace
}  // namespace weir::http::h1
