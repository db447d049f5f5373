// Limits, windows, and the ways in which an HTTP/2 connection ends.
#include <gtest/gtest.h>

#include "test/http/h2/raw_peers.h"

namespace weir::http::h2 {
namespace {

struct FieldLimit {
  const char* name;
  std::pair<std::string, std::string> field;
  size_t most;  // Beside those of kGet.
};

TEST(Limits, FieldsAtTheLimitPassAndOneMoreIsAnswered431) {
  const FieldLimit limits[] = {
      {"fields", {"x", "y"}, 100},
      // The crumbs of a cookie are one field with a limit of their own.
      {"crumbs", {"cookie", "a=b"}, 256},
      // 171 bytes of the fields of kGet; 32 are counted for each field beside its text.
      {"bytes", {"name", std::string(4100 - 32 - 4, 'v')}, 14},
  };
  for (const FieldLimit& limit : limits) {
    SCOPED_TRACE(limit.name);
    FieldList fields = kGet;
    for (size_t i = 0; i < limit.most; ++i) fields.push_back(limit.field);
    Server server;
    EXPECT_EQ(server.Send(ClientPreface() + Headers(1, fields, true)), CodecState::kOpen);
    EXPECT_EQ(server.recorded.requests.size(), 1u);
    fields.push_back(limit.field);
    EXPECT_EQ(server.Send(Headers(3, fields, false)), CodecState::kOpen);
    EXPECT_EQ(server.recorded.requests.size(), 1u);
    EXPECT_EQ(server.CodeOf(kRstStream), kNoError) << "the rest of a refused request is not wanted";
    EXPECT_EQ(server.stats.header_overflow.value(), 1u);
  }
}

TEST(Limits, CrumbsOfACookieAreOneFieldOfTheRequest) {
  FieldList fields = kGet;
  for (const char* crumb : {"a=1", "b=2", "c=3"}) fields.emplace_back("cookie", crumb);
  Server server;
  server.Send(ClientPreface() + Headers(1, fields, true));
  EXPECT_TRUE(server.recorded.events.Has("request 1: cookie: a=1; b=2; c=3"));
  EXPECT_EQ(server.recorded.requests[0]->head.headers.Count(HeaderId::kCookie), 1u);
}

TEST(Limits, ObsTextIsMalformedWhereItIsForbidden) {
  FieldList fields = kGet;
  fields.emplace_back("x", "caf\xc3\xa9");
  for (const bool forbidden : {false, true}) {
    for (const bool stream_error : {false, true}) {
      SCOPED_TRACE(testing::Message() << forbidden << stream_error);
      Server server(
          {.stream_error_on_invalid_http_message = stream_error, .disallow_obs_text = forbidden});
      const bool fails = forbidden && !stream_error;
      EXPECT_EQ(server.Send(ClientPreface() + Headers(1, fields, true)),
                fails ? CodecState::kFailed : CodecState::kOpen);
      EXPECT_EQ(server.recorded.requests.size(), forbidden ? 0u : 1u);
      EXPECT_EQ(server.CodeOf(fails ? kGoaway : kRstStream), forbidden ? kProtocolError : -1);
      EXPECT_EQ(server.stats.rx_messaging_error.value(), forbidden ? 1u : 0u);
    }
  }
}

TEST(Limits, ObsTextIsForbiddenInTrailersToo) {
  Server server({.stream_error_on_invalid_http_message = true, .disallow_obs_text = true});
  server.Send(ClientPreface() + Headers(1, kGet, false));
  ASSERT_EQ(server.recorded.requests.size(), 1u);
  EXPECT_EQ(server.Send(Headers(1, {{"x", "\x80"}}, true)), CodecState::kOpen);
  EXPECT_EQ(server.CodeOf(kRstStream), kProtocolError);
}

// max_header_field_size_kb: what follows a larger one cannot be decoded.
TEST(Limits, AFieldHas64KibibytesAtMost) {
  Options options;
  options.limits.max_header_bytes = 256 * 1024;
  for (const size_t size : {65536, 65537}) {
    SCOPED_TRACE(size);
    const bool fits = size == 65536;
    const CodecState state = fits ? CodecState::kOpen : CodecState::kFailed;
    const int64_t code = fits ? -1 : kCompressionError;
    const std::pair<std::string, std::string> field = {"x", std::string(size, 'v')};
    FieldList fields = kGet;
    fields.push_back(field);
    Server server(options);
    EXPECT_EQ(server.Send(ClientPreface() + Headers(1, fields, true)), state);
    EXPECT_EQ(server.CodeOf(kGoaway), code);
    Client client(options);
    EXPECT_EQ(client.Send(Headers(1, {{":status", "200"}, field}, true)), state);
    EXPECT_EQ(client.CodeOf(kGoaway), code);
  }
}

TEST(Limits, NoMoreStreamsThanAnnounced) {
  for (const bool acknowledged : {false, true}) {
    Options options;
    options.max_concurrent_streams = 2;
    Server server(options);
    server.Send(ClientPreface() + (acknowledged ? Frame(kSettings, kAck, 0, "") : ""));
    const CodecState state =
        server.Send(Headers(1, kGet, true) + Headers(3, kGet, true) + Headers(5, kGet, true));
    EXPECT_EQ(server.recorded.requests.size(), 2u);
    // Who has acknowledged the limit breaks the protocol; who may not have seen it is refused.
    EXPECT_EQ(state, acknowledged ? CodecState::kFailed : CodecState::kOpen);
    EXPECT_EQ(server.stats.stream_refused_errors.value(), acknowledged ? 0u : 1u);
    EXPECT_EQ(server.stats.streams_active.value(), acknowledged ? 0 : 2);
  }
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

// A session asks with every answer; requests that the client sent before it knew are served.
TEST(Endings, DrainingAgainRefusesNothing) {
  Server server;
  server.Send(ClientPreface() + Headers(1, kGet, true));
  server.codec->StartDrain();
  server.Send("");
  server.recorded.requests[0]->Answer(200, "");
  server.codec->StartDrain();
  server.Send(Headers(3, kGet, true));
  EXPECT_EQ(server.recorded.requests.size(), 2u);
}

TEST(Endings, WhatAGoawayLeavesOutIsUnprocessed) {
  buffer::BlockPool pool;
  Options options;
  Stats stats;
  RecordingClient client;
  auto codec = CreateClientCodec(client, pool, options, stats);
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

TEST(Settings, FurtherParametersAreSentBesideTheOthers) {
  Options options;
  options.more_settings = {{.identifier = 5, .value = 32768}, {.identifier = 0xf000, .value = 7}};
  Server server(options);
  server.Send(ClientPreface());
  const std::string& sent = server.output;
  const std::vector<SeenFrame> frames = ReadFrames(sent);
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames[0].type, kSettings);
  EXPECT_NE(sent.find(std::string("\0\5\0\0\x80\0", 6)), std::string::npos);
  EXPECT_NE(sent.find(std::string("\xf0\0\0\0\0\7", 6)), std::string::npos);
}

TEST(Endings, SettingsChangeTheStreamLimit) {
  buffer::BlockPool pool;
  Options options;
  Stats stats;
  RecordingClient client;
  auto codec = CreateClientCodec(client, pool, options, stats);
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
