// Replays test/conformance/h2_cases.jsonl against the codecs, whole and one byte at a time.
#include <gtest/gtest.h>

#include <algorithm>

#include "source/http/h1/codec.h"
#include "source/http/h2/codec.h"
#include "test/http/h2/case_frames.h"
#include "test/http/recording_handler.h"

namespace weir::http::h2 {
namespace {

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), AsciiToLower);
  return text;
}

// What an HTTP/1 upstream would get of `request`.
std::string Forward(buffer::BlockPool& pool, RecordedRequest& request) {
  h1::Options options;
  RecordingClient handler;
  auto codec = h1::CreateClientCodec(handler, pool, options);
  RecordedResponse response(pool, handler.events, "response");
  ClientStream& stream = codec->NewStream(response);
  const bool end = request.received.body.empty();
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

void JudgeRequest(const ConformanceCase& test, size_t piece) {
  buffer::BlockPool pool;
  Options options;
  Stats stats;
  RecordingServer server(pool);
  server.on_end = [](RecordedRequest& request) { request.Answer(200, "ok"); };
  auto codec = CreateServerCodec(server, pool, options, stats);
  const std::string bytes = ClientPreface() + MessageOf(test);
  buffer::Buffer in(pool);
  std::string output;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    in.Append(bytes.substr(at, piece));
    codec->Decode(in);
    codec->FinishTurn();
    output += codec->output().ToString();
    codec->output().Clear();
  }
  std::string forwarded;
  int complete = 0;
  for (auto& request : server.requests) {
    if (!request->received.ended) continue;
    ++complete;
    forwarded += Lower(Forward(pool, *request));
  }
  codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
  SCOPED_TRACE(server.events.text().substr(0, 600));

  bool refused = false;
  for (const SeenFrame& frame : ReadFrames(output)) {
    const bool refusal = frame.type == kHeaders && server.requests.empty();
    refused = refused || refusal || frame.type == kRstStream || frame.type == kGoaway;
  }
  const std::string expect = test.Text("expect");
  if (expect == "accept") {
    EXPECT_EQ(complete, 1);
  } else if (expect != "normalise" || complete == 0) {
    EXPECT_TRUE(refused);
    EXPECT_EQ(complete, 0);
    return;
  }
  for (const std::string& text : test.Texts("h1_forward_has")) {
    EXPECT_NE(forwarded.find(Lower(text)), std::string::npos) << text << "\n" << forwarded;
  }
  for (const std::string& text : test.Texts("h1_forward_lacks")) {
    EXPECT_EQ(forwarded.find(Lower(text)), std::string::npos) << text << "\n" << forwarded;
  }
}

void JudgeResponse(const ConformanceCase& test, size_t piece) {
  buffer::BlockPool pool;
  Options options;
  Stats stats;
  RecordingClient client;
  auto codec = CreateClientCodec(client, pool, options, stats);
  RecordedResponse response(pool, client.events, "response");
  buffer::Arena arena(pool);
  RequestHead request(arena);
  request.method = "GET";
  request.scheme = "http";
  request.authority = "a.example";
  request.path = "/";
  codec->NewStream(response).EncodeHeaders(request, true);
  codec->FinishTurn();
  const std::string bytes = Frame(kSettings, 0, 0, "") + MessageOf(test);
  buffer::Buffer in(pool);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    in.Append(bytes.substr(at, piece));
    codec->Decode(in);
    codec->FinishTurn();
  }
  SCOPED_TRACE(client.events.text().substr(0, 600));
  if (test.Text("expect") == "accept") {
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(response.received.ended);
  } else {
    EXPECT_EQ(response.status, 0);
    EXPECT_TRUE(response.received.reset);
  }
  codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
}

TEST(Http2Conformance, EveryCaseIsJudgedTheSameHoweverItIsCut) {
  int judged = 0;
  for (const ConformanceCase& test : ReadConformanceCases("h2_cases.jsonl")) {
    for (size_t piece : {SIZE_MAX / 2, size_t{1}}) {
      SCOPED_TRACE(StrCat(test.id(), " in pieces of ", piece, ": ", test.Text("note")));
      if (test.Text("side") == "request") {
        JudgeRequest(test, piece);
      } else {
        JudgeResponse(test, piece);
      }
    }
    ++judged;
  }
  EXPECT_EQ(judged, 67);
}

}  // namespace
}  // namespace weir::http::h2
