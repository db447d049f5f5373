// Limits, floods, and the ways in which an HTTP/2 connection ends.
#include <gtest/gtest.h>

#include "source/http/h2/codec.h"
#include "test/http/h2/raw_frames.h"
#include "test/http/recording_handler.h"

namespace weir::http::h2 {
namespace {

// A server codec and what it has sent.
class Server {
 public:
  explicit Server(Options given = {})
      : options(given),
        recorded(pool),
        codec(CreateServerCodec(recorded, pool, options)),
        in_(pool) {}
  ~Server() { codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed}); }

  CodecState Send(std::string_view bytes) {
    in_.Append(bytes);
    CodecState state = codec->Decode(in_);
    state = std::max(state, codec->FinishTurn());
    output += codec->output().ToString();
    codec->output().Clear();
    return state;
  }
  // The error code of the last frame of `type`; -1 when none was sent.
  int64_t CodeOf(FrameType type) const {
    int64_t code = -1;
    for (const SeenFrame& frame : ReadFrames(output)) {
      if (frame.type == type) code = frame.error_code();
    }
    return code;
  }

  buffer::BlockPool pool;
  Options options;
  RecordingServer recorded;
  std::unique_ptr<ServerCodec> codec;
  std::string output;

 private:
  buffer::Buffer in_;
};

constexpr int64_t kNoError = 0;
constexpr int64_t kProtocolError = 1;
constexpr int64_t kCalm = 11;

std::string Repeat(const std::string& frame, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += frame;
  return out;
}

struct Flood {
  const char* name;
  std::string good;  // At the limit.
  std::string bad;   // One past it.
  const char* detail;
};

TEST(Floods, TheLimitHoldsAndOnePastItEndsTheConnection) {
  const FieldList post = {
      {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};
  const std::string empty_data = Data(1, "", false);
  const std::string priority = Frame(kPriority, 0, 1, std::string("\0\0\0\0\x10", 5));
  const std::string window = Frame(kWindowUpdate, 0, 0, std::string("\0\0\0\1", 4));
  const Flood floods[] = {
      {"empty DATA", Headers(1, post, false) + empty_data, empty_data,
       "http2.inbound_empty_frames_flood"},
      {"PRIORITY", Headers(1, post, false) + Repeat(priority, 200), priority,
       "http2.inbound_priority_frames_flood"},
      {"WINDOW_UPDATE", Headers(1, post, false) + Repeat(window, 7), window,
       "http2.inbound_window_update_frames_flood"},
  };
  for (const Flood& flood : floods) {
    SCOPED_TRACE(flood.name);
    Server server;
    EXPECT_EQ(server.Send(ClientPreface() + flood.good), CodecState::kOpen);
    EXPECT_EQ(server.Send(flood.bad), CodecState::kFailed);
    EXPECT_EQ(server.CodeOf(kGoaway), kCalm);
    ASSERT_EQ(server.recorded.errors.size(), 1u);
    EXPECT_EQ(server.recorded.errors[0].detail, flood.detail);
    EXPECT_TRUE(server.recorded.requests[0]->received.closed);
  }
}

TEST(Floods, AClientThatResetsMostRequestsIsSentAway) {
  Server server;
  std::string bytes = ClientPreface();
  CodecState state = CodecState::kOpen;
  int opened = 0;
  for (uint32_t id = 1; state == CodecState::kOpen && opened < 2000; id += 2, ++opened) {
    state = server.Send((id == 1 ? ClientPreface() : "") + Headers(id, kGet, true) +
                        Frame(kRstStream, 0, id, std::string("\0\0\0\x8", 4)));
  }
  EXPECT_EQ(state, CodecState::kFailed);
  EXPECT_EQ(opened, 500);
}

TEST(Floods, AcksThatNobodyReadsAreLimited) {
  Server server;
  server.Send(ClientPreface());
  server.codec->SetOutputBlocked(true);
  const std::string ping = Frame(kPing, 0, 0, "12345678");
  EXPECT_EQ(server.Send(Repeat(ping, 1000)), CodecState::kOpen);
  EXPECT_EQ(server.Send(Repeat(ping, 100)), CodecState::kFailed);
}

TEST(Floods, AnEndlessHeaderBlockEnds) {
  Server server;
  CodecState state = server.Send(ClientPreface() + Frame(kHeaders, 0, 1, HeaderBlockOf(kGet)));
  int frames = 0;
  for (; state == CodecState::kOpen && frames < 100; ++frames) {
    state = server.Send(Frame(kContinuation, 0, 1, HeaderBlockOf({{"x", "y"}})));
  }
  EXPECT_LE(frames, 10);
  EXPECT_TRUE(server.recorded.requests.empty());
}

TEST(Limits, HeadersAtTheLimitPassAndOneMoreIsAnswered431) {
  FieldList fields = kGet;
  for (int i = 0; i < 100; ++i) fields.emplace_back("cookie", "a=b");
  Server server;
  EXPECT_EQ(server.Send(ClientPreface() + Headers(1, fields, true)), CodecState::kOpen);
  EXPECT_EQ(server.recorded.requests.size(), 1u);
  fields.emplace_back("cookie", "a=b");
  EXPECT_EQ(server.Send(Headers(3, fields, false)), CodecState::kOpen);
  EXPECT_EQ(server.recorded.requests.size(), 1u);
  EXPECT_EQ(server.CodeOf(kRstStream), kNoError) << "the rest of a refused request is not wanted";
}

TEST(Limits, NoMoreStreamsThanAnnounced) {
  Options options;
  options.max_concurrent_streams = 2;
  Server server(options);
  server.Send(ClientPreface() + Frame(kSettings, kAck, 0, ""));
  server.Send(Headers(1, kGet, true) + Headers(3, kGet, true) + Headers(5, kGet, true));
  EXPECT_EQ(server.recorded.requests.size(), 2u);
}

TEST(Endings, ABrokenPrefaceFails) {
  Server server;
  EXPECT_EQ(server.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), CodecState::kFailed);
  EXPECT_EQ(server.CodeOf(kGoaway), kProtocolError);
}

TEST(Endings, AProtocolErrorEndsAllStreams) {
  Server server;
  server.Send(ClientPreface() + Headers(1, kGet, true));
  EXPECT_EQ(server.Send(Data(0, "x", false)), CodecState::kFailed);
  EXPECT_EQ(server.CodeOf(kGoaway), kProtocolError);
  EXPECT_EQ(server.recorded.requests[0]->received.error.kind, ErrorKind::kMalformed);
  EXPECT_TRUE(server.recorded.requests[0]->received.closed);
}

TEST(Endings, DrainSaysGoawayTwice) {
  Server server;
  server.Send(ClientPreface() + Headers(1, kGet, true));
  server.codec->StartDrain();
  server.Send("");
  std::vector<SeenFrame> frames = ReadFrames(server.output);
  ASSERT_EQ(frames.back().type, kPing);
  const SeenFrame ping = frames.back();
  // A request that was on its way is still served.
  server.Send(Headers(3, kGet, true));
  EXPECT_EQ(server.recorded.requests.size(), 2u);
  server.Send(Frame(kPing, kAck, 0, ping.payload));
  std::vector<std::string> last_ids;
  for (const SeenFrame& frame : ReadFrames(server.output)) {
    if (frame.type == kGoaway) last_ids.push_back(frame.payload.substr(0, 4));
  }
  EXPECT_EQ(last_ids, (std::vector<std::string>{"\x7f\xff\xff\xff", std::string("\0\0\0\3", 4)}));
  server.Send(Headers(5, kGet, true));
  EXPECT_EQ(server.recorded.requests.size(), 2u);
  for (auto& request : server.recorded.requests) request->Answer(200, "");
  EXPECT_EQ(server.Send(""), CodecState::kClosing);
}

TEST(Endings, WhatAGoawayLeavesOutIsUnprocessed) {
  buffer::BlockPool pool;
  Options options;
  RecordingClient client;
  auto codec = CreateClientCodec(client, pool, options);
  RecordedResponse first(pool, client.events, "first");
  RecordedResponse second(pool, client.events, "second");
  buffer::Arena arena(pool);
  RequestHead head(arena);
  head.method = "GET";
  head.scheme = "http";
  head.authority = "a";
  head.path = "/";
  codec->NewStream(first).EncodeHeaders(head, true);
  codec->NewStream(second).EncodeHeaders(head, true);
  codec->FinishTurn();
  buffer::Buffer in(pool);
  in.Append(Frame(kSettings, 0, 0, "") + Frame(kGoaway, 0, 0, std::string("\0\0\0\1\0\0\0\0", 8)));
  EXPECT_EQ(codec->Decode(in), CodecState::kOpen);
  EXPECT_FALSE(codec->can_open_stream());
  EXPECT_EQ(client.limit, 0u);
  EXPECT_EQ(second.received.error.kind, ErrorKind::kRefusedStream);
  EXPECT_TRUE(second.received.error.unprocessed);
  EXPECT_FALSE(first.received.reset);
  in.Append(Headers(1, {{":status", "200"}}, true));
  EXPECT_EQ(codec->Decode(in), CodecState::kClosing);
  EXPECT_EQ(first.status, 200);
}

TEST(Endings, SettingsChangeTheStreamLimit) {
  buffer::BlockPool pool;
  Options options;
  RecordingClient client;
  auto codec = CreateClientCodec(client, pool, options);
  buffer::Buffer in(pool);
  in.Append(Frame(kSettings, 0, 0, std::string("\0\3\0\0\0\1", 6)));
  codec->Decode(in);
  EXPECT_EQ(client.limit, 1u);
  RecordedResponse response(pool, client.events, "response");
  codec->NewStream(response);
  EXPECT_FALSE(codec->can_open_stream());
  codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
}

TEST(Windows, APausedStreamGivesNoWindow) {
  Options options;
  options.initial_stream_window_size = 65535;
  options.initial_connection_window_size = 65535;
  Server server(options);
  server.recorded.on_headers = [](RecordedRequest& request) {
    request.stream->SetReadPaused(true);
  };
  const FieldList post = {
      {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};
  server.Send(ClientPreface() + Headers(1, post, false));
  server.output.clear();
  server.Send(Repeat(Data(1, std::string(16000, 'x'), false), 4));
  const auto updates = [&] {
    int count = 0;
    for (const SeenFrame& frame : ReadFrames(server.output)) count += frame.type == kWindowUpdate;
    return count;
  };
  EXPECT_EQ(updates(), 0);
  server.recorded.requests[0]->stream->SetReadPaused(false);
  server.Send("");
  EXPECT_EQ(server.recorded.requests[0]->received.body.size(), 64000u);
  EXPECT_EQ(updates(), 2) << "for the stream and for the connection";
}

TEST(Windows, AStreamAboveItsWatermarkIsToldAndReleased) {
  Server server;
  // The client's window is the default of 65,535: the rest waits in the stream.
  server.Send(ClientPreface() + Headers(1, kGet, true));
  server.recorded.requests[0]->Answer(200, std::string(600 * 1024, 'x'));
  server.Send("");
  EXPECT_TRUE(server.recorded.events.Has("request 1: blocked"));
  EXPECT_FALSE(server.recorded.events.Has("request 1: unblocked"));
  const std::string update = std::string("\0\x10\0\0", 4);
  server.Send(Frame(kWindowUpdate, 0, 0, update) + Frame(kWindowUpdate, 0, 1, update));
  EXPECT_TRUE(server.recorded.events.Has("request 1: closed"));
}

}  // namespace
}  // namespace weir::http::h2
