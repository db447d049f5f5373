// Attacks on an HTTP/2 connection: what is cheap to send and dear to serve ends it, in bounded
// time, and is counted.
#include <gtest/gtest.h>

#include "test/http/h2/raw_peers.h"

namespace weir::http::h2 {
namespace {

const FieldList kPost = {
    {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};

std::string WindowUpdate(uint32_t stream_id, uint32_t increment) {
  return Frame(kWindowUpdate, 0, stream_id, Number(increment, 4));
}

std::string ResetStream(uint32_t stream_id) {
  return Frame(kRstStream, 0, stream_id, Number(8, 4));
}

struct Attack {
  const char* name;
  std::string good;  // At the limit.
  std::string bad;   // One past it.
  const char* detail;
  stats::Counter Stats::* counter;
};

TEST(Floods, TheLimitHoldsAndOnePastItEndsTheConnection) {
  const std::string empty_data = Data(1, "", false);
  const std::string priority = Frame(kPriority, 0, 1, std::string("\0\0\0\0\x10", 5));
  const Attack attacks[] = {
      {"empty DATA", Headers(1, kPost, false) + empty_data, empty_data,
       "http2.inbound_empty_frames_flood", &Stats::inbound_empty_frames_flood},
      {"empty CONTINUATION",
       Frame(kHeaders, 0, 1, HeaderBlockOf(kPost)) + Frame(kContinuation, 0, 1, ""),
       Frame(kContinuation, 0, 1, ""), "http2.inbound_empty_frames_flood",
       &Stats::inbound_empty_frames_flood},
      {"PRIORITY", Headers(1, kPost, false) + Repeat(priority, 200), priority,
       "http2.inbound_priority_frames_flood", &Stats::inbound_priority_frames_flood},
      {"WINDOW_UPDATE", Headers(1, kPost, false) + Repeat(WindowUpdate(0, 1), 7),
       WindowUpdate(0, 1), "http2.inbound_window_update_frames_flood",
       &Stats::inbound_window_update_frames_flood},
  };
  for (const Attack& attack : attacks) {
    SCOPED_TRACE(attack.name);
    Server server;
    EXPECT_EQ(server.Send(ClientPreface() + attack.good), CodecState::kOpen);
    EXPECT_EQ((server.stats.*attack.counter).value(), 0u);
    EXPECT_EQ(server.Send(attack.bad), CodecState::kFailed);
    EXPECT_EQ(server.CodeOf(kGoaway), kCalm);
    ASSERT_EQ(server.recorded.errors.size(), 1u);
    EXPECT_EQ(server.recorded.errors[0].detail, attack.detail);
    EXPECT_EQ((server.stats.*attack.counter).value(), 1u);
    for (auto& request : server.recorded.requests) EXPECT_TRUE(request->received.closed);
  }
}

// What a client sends for stream `id` to have it end before its answer.
using StreamEnder = std::string (*)(uint32_t id);

TEST(Floods, StreamsThatEndBeforeTheirAnswerEndTheConnection) {
  const std::pair<const char*, StreamEnder> attacks[] = {
      {"reset at once", [](uint32_t id) { return Headers(id, kGet, true) + ResetStream(id); }},
      {"reset after a part of the body",
       [](uint32_t id) {
         return Headers(id, kPost, false) + Data(id, "x", false) + ResetStream(id);
       }},
      {"a window that overflows",
       [](uint32_t id) { return Headers(id, kGet, true) + WindowUpdate(id, 0x7fffffff); }},
      {"more than was declared",
       [](uint32_t id) {
         FieldList fields = kPost;
         fields.emplace_back("content-length", "1");
         return Headers(id, fields, false) + Data(id, "xx", true);
       }},
      {"a path that is none",
       [](uint32_t id) {
         FieldList fields = kGet;
         fields[2].second = "no/slash";
         return Headers(id, fields, true);
       }},
  };
  for (const auto& [name, end_stream] : attacks) {
    SCOPED_TRACE(name);
    Options options;
    options.stream_error_on_invalid_http_message = true;
    // So that the window updates themselves are no flood.
    options.max_inbound_window_update_frames_per_data_frame_sent = 1000;
    Server server(options);
    CodecState state = server.Send(ClientPreface());
    int opened = 0;
    for (uint32_t id = 1; state == CodecState::kOpen && opened < 2000; id += 2, ++opened) {
      state = server.Send(end_stream(id));
    }
    EXPECT_EQ(opened, 250);
    EXPECT_EQ(server.CodeOf(kGoaway), kCalm);
    ASSERT_EQ(server.recorded.errors.size(), 1u);
    EXPECT_EQ(server.recorded.errors[0].detail, kTooManyPrematureResets);
  }
}

TEST(Floods, AClientThatResetsFewOfItsRequestsIsServed) {
  Server server;
  CodecState state = server.Send(ClientPreface());
  for (uint32_t id = 1; id < 6000; id += 2) {
    state = server.Send(Headers(id, kGet, true));
    ASSERT_EQ(state, CodecState::kOpen) << id;
    if (id % 6 == 1) {
      state = server.Send(ResetStream(id));
    } else {
      server.recorded.requests.back()->Answer(200, "");
      server.Send("");
    }
  }
  EXPECT_EQ(server.stats.rx_reset.value(), 1000u);
}

TEST(Floods, AnswersThatNobodyReadsAreLimited) {
  const std::pair<const char*, std::string> attacks[] = {
      {"PING", Frame(kPing, 0, 0, "12345678")},
      {"SETTINGS", Frame(kSettings, 0, 0, "")},
  };
  for (const auto& [name, frame] : attacks) {
    for (const bool blocked : {false, true}) {
      SCOPED_TRACE(StrCat(name, blocked ? " on a full output" : " on an unread output"));
      buffer::BlockPool pool;
      Options options;
      Stats stats;
      RecordingServer recorded(pool);
      auto codec = CreateServerCodec(recorded, pool, options, stats);
      buffer::Buffer in(pool);
      in.Append(ClientPreface());
      codec->Decode(in);
      codec->FinishTurn();
      // Two of our own are waiting: SETTINGS and the acknowledgement.
      if (blocked) codec->SetOutputBlocked(true);
      in.Append(Repeat(frame, 998));
      EXPECT_EQ(codec->Decode(in), CodecState::kOpen);
      in.Append(frame);
      EXPECT_EQ(codec->Decode(in), CodecState::kFailed);
      ASSERT_EQ(recorded.errors.size(), 1u);
      EXPECT_EQ(recorded.errors[0].detail, "http2.outbound_control_flood");
      EXPECT_EQ(stats.outbound_control_flood.value(), 1u);
    }
  }
}

TEST(Floods, WhatWasReadDoesNotCount) {
  Server server;  // Takes all output each time.
  CodecState state = server.Send(ClientPreface());
  for (int i = 0; i < 5000; ++i) state = server.Send(Frame(kPing, 0, 0, "12345678"));
  EXPECT_EQ(state, CodecState::kOpen);
}

TEST(Floods, FramesThatNobodyReadsAreLimited) {
  // A window that is opened byte by byte makes a frame of each byte.
  Options options;
  options.max_outbound_frames = 50;
  options.max_inbound_window_update_frames_per_data_frame_sent = 1000;
  buffer::BlockPool pool;
  Stats stats;
  RecordingServer recorded(pool);
  recorded.on_end = [](RecordedRequest& request) { request.Answer(200, std::string(1000, 'x')); };
  auto codec = CreateServerCodec(recorded, pool, options, stats);
  buffer::Buffer in(pool);
  in.Append(std::string(kHttp2Preface) + Frame(kSettings, 0, 0, std::string("\0\4\0\0\0\0", 6)) +
            Headers(1, kGet, true));
  CodecState state = codec->Decode(in);
  int updates = 0;
  for (; state == CodecState::kOpen && updates < 1000; ++updates) {
    in.Append(WindowUpdate(1, 1));
    state = std::max(codec->Decode(in), codec->FinishTurn());
  }
  EXPECT_LE(updates, 50);
  EXPECT_GE(updates, 40);
  EXPECT_EQ(stats.outbound_flood.value(), 1u);
}

TEST(Floods, AnEndlessHeaderBlockEnds) {
  const std::pair<const char*, std::string> attacks[] = {
      {"fields", HeaderBlockOf({{"x", "y"}})},
      {"a byte at a time", "\x82"},  // :method GET of the static table, again and again.
  };
  for (const auto& [name, piece] : attacks) {
    SCOPED_TRACE(name);
    Server server;
    CodecState state = server.Send(ClientPreface() + Frame(kHeaders, 0, 1, HeaderBlockOf(kGet)));
    int frames = 0;
    for (; state == CodecState::kOpen && frames < 100; ++frames) {
      state = server.Send(Frame(kContinuation, 0, 1, piece));
    }
    EXPECT_LE(frames, 9);
    EXPECT_TRUE(server.recorded.requests.empty());
  }
}

TEST(Floods, ABlockThatGrowsInDecodingIsRefused) {
  // One entry of 4,000 bytes for the dynamic table, then an octet for each further 4,000.
  std::string growing = HeaderBlockOf(kGet);
  growing += '\x40' + HpackString("x") + HpackString(std::string(4000, 'v'));
  growing += std::string(16000, '\xbe');
  std::string many = HeaderBlockOf(kGet) + std::string(16000, '\x90');  // accept-encoding
  std::string crumbs = HeaderBlockOf(kGet);
  for (int i = 0; i < 1500; ++i) crumbs += HeaderBlockOf({{"cookie", "a"}});
  const std::pair<const char*, std::string> attacks[] = {
      {"references to a large entry", growing},
      {"fields of an octet", many},
      {"crumbs", crumbs},
  };
  for (const auto& [name, block] : attacks) {
    SCOPED_TRACE(name);
    Server server;
    std::string bytes = ClientPreface();
    for (size_t at = 0; at < block.size(); at += 16384) {
      const bool last = at + 16384 >= block.size();
      bytes += Frame(at == 0 ? kHeaders : kContinuation,
                     static_cast<uint8_t>((at == 0 ? kEndStream : 0) | (last ? kEndHeaders : 0)), 1,
                     block.substr(at, 16384));
    }
    EXPECT_EQ(server.Send(bytes), CodecState::kOpen);
    EXPECT_TRUE(server.recorded.requests.empty());
    EXPECT_EQ(server.stats.header_overflow.value(), 1u);
    EXPECT_EQ(server.Send(Headers(3, kGet, true)), CodecState::kOpen) << "the state is intact";
    EXPECT_EQ(server.recorded.requests.size(), 1u);
  }
}

// --- What an upstream may try

const FieldList kOk = {{":status", "200"}};
const FieldList kEarlyHints = {{":status", "103"}};

TEST(UpstreamFloods, InformationalAnswersAreLimited) {
  Client client;
  CodecState state = CodecState::kOpen;
  for (int i = 0; i < 64; ++i) state = client.Send(Headers(1, kEarlyHints, false));
  EXPECT_EQ(state, CodecState::kOpen);
  EXPECT_FALSE(client.response.received.reset);
  client.Send(Headers(1, kEarlyHints, false));
  EXPECT_TRUE(client.response.received.reset);
  EXPECT_EQ(client.response.received.error.detail, "http2.too_many_1xx");
}

TEST(UpstreamFloods, WhatNoUpstreamMaySendEndsTheConnection) {
  const std::pair<const char*, std::string> attacks[] = {
      {"PUSH_PROMISE", Frame(5, kEndHeaders, 1, Number(2, 4) + HeaderBlockOf(kGet))},
      {"a stream of its own", Headers(2, kOk, true)},
      {"a stream that nobody asked for", Headers(3, kOk, true)},
      {"endless CONTINUATION",
       Frame(kHeaders, 0, 1, HeaderBlockOf(kOk)) + Repeat(Frame(kContinuation, 0, 1, "\x88"), 20)},
      {"an answer after the answer", Headers(1, kOk, true) + Headers(1, kOk, true)},
      {"body after the answer", Headers(1, kOk, true) + Data(1, "x", true)},
  };
  for (const auto& [name, bytes] : attacks) {
    SCOPED_TRACE(name);
    Client client;
    EXPECT_EQ(client.Send(bytes), CodecState::kFailed);
    EXPECT_EQ(client.recorded.errors.size(), 1u);
    EXPECT_TRUE(client.response.received.closed);
  }
}

TEST(UpstreamFloods, ABlockThatGrowsInDecodingIsRefused) {
  Client client;
  const std::string block = HeaderBlockOf(kOk) + '\x40' + HpackString("x") +
                            HpackString(std::string(4000, 'v')) + std::string(10000, '\xbe');
  EXPECT_EQ(client.Send(Frame(kHeaders, kEndHeaders, 1, block)), CodecState::kOpen);
  EXPECT_EQ(client.response.received.error.kind, ErrorKind::kHeadersTooLarge);
  EXPECT_TRUE(client.response.received.closed);
  EXPECT_EQ(client.stats.header_overflow.value(), 1u);
}

TEST(UpstreamFloods, ASecondHeadIsNoTrailer) {
  Options options;
  options.stream_error_on_invalid_http_message = true;
  Client client(options);
  EXPECT_EQ(client.Send(Headers(1, kOk, false) + Headers(1, kOk, true)), CodecState::kOpen);
  EXPECT_TRUE(client.response.received.reset);
  EXPECT_EQ(client.response.received.error.kind, ErrorKind::kMalformed);
}

}  // namespace
}  // namespace weir::http::h2
