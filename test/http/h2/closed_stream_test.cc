// Frames for streams that are over, and identifiers that go back (RFC 9113, 5.1 and 5.1.1); invalid
// messages, which end the connection or their stream as configured.
#include <gtest/gtest.h>

#include "test/http/h2/raw_peers.h"

namespace weir::http::h2 {
namespace {

const FieldList kPost = {
    {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};

std::string ResetStream(uint32_t id) { return Frame(kRstStream, 0, id, Number(8, 4)); }

// A server on which stream 1 is over.
enum class Ending { kAnswered, kResetByClient, kResetByServer, kSkipped };

void EndStream(Server& server, Ending ending) {
  if (ending == Ending::kSkipped) {
    server.Send(ClientPreface() + Headers(3, kGet, true));
    return;
  }
  server.Send(ClientPreface() + Headers(1, kPost, ending == Ending::kAnswered));
  if (ending == Ending::kAnswered) server.recorded.requests[0]->Answer(200, "ok");
  if (ending == Ending::kResetByServer) {
    server.recorded.requests[0]->stream->Reset(StreamError{.kind = ErrorKind::kLocalReset});
  }
  server.Send(ending == Ending::kResetByClient ? ResetStream(1) : "");
}

struct LateFrame {
  const char* name;
  Ending ending;
  std::string bytes;
  CodecState state;
};

TEST(ClosedStreams, LateFramesAreIgnoredOnlyWhereThePeerCannotKnow) {
  const std::string window = Frame(kWindowUpdate, 0, 1, Number(1, 4));
  const std::string priority = Frame(kPriority, 0, 1, std::string("\0\0\0\0\x10", 5));
  const LateFrame frames[] = {
      {"DATA after the end", Ending::kAnswered, Data(1, "x", false), CodecState::kFailed},
      {"HEADERS after the end", Ending::kAnswered, Headers(1, kPost, true), CodecState::kFailed},
      {"DATA after a reset", Ending::kResetByClient, Data(1, "x", false), CodecState::kFailed},
      {"HEADERS after a reset", Ending::kResetByClient, Headers(1, kPost, true),
       CodecState::kFailed},
      {"DATA behind our reset", Ending::kResetByServer, Data(1, "x", true), CodecState::kOpen},
      {"HEADERS behind our reset", Ending::kResetByServer, Headers(1, {{"t", "v"}}, true),
       CodecState::kOpen},
      {"HEADERS of a lower stream", Ending::kSkipped, Headers(1, kPost, true), CodecState::kFailed},
      {"WINDOW_UPDATE", Ending::kAnswered, window, CodecState::kOpen},
      {"RST_STREAM", Ending::kAnswered, ResetStream(1), CodecState::kOpen},
      {"PRIORITY", Ending::kAnswered, priority, CodecState::kOpen},
  };
  for (const LateFrame& frame : frames) {
    SCOPED_TRACE(frame.name);
    Server server;
    EndStream(server, frame.ending);
    EXPECT_EQ(server.Send(frame.bytes), frame.state);
    EXPECT_EQ(server.CodeOf(kGoaway), frame.state == CodecState::kFailed ? kStreamClosed : -1);
    EXPECT_EQ(server.stats.goaway_sent.value(), frame.state == CodecState::kFailed ? 1u : 0u);
  }
}

TEST(ClosedStreams, ABodyBehindARefusalForTheLimitIsIgnored) {
  Options options;
  options.max_concurrent_streams = 1;
  Server server(options);
  server.Send(ClientPreface());
  EXPECT_EQ(server.Send(Headers(1, kPost, false) + Headers(3, kPost, false) + Data(3, "x", true)),
            CodecState::kOpen);
  EXPECT_EQ(server.stats.tx_reset.value(), 1u);
}

TEST(ClosedStreams, StreamsBeyondTheLastGoawayAreIgnored) {
  Server server;
  server.Send(ClientPreface() + Headers(1, kPost, false));
  server.codec->StartDrain();
  server.Send("");
  server.Send(Frame(kPing, 1, 0, std::string(8, '\0')));  // The client has seen the notice.
  EXPECT_EQ(server.Send(Headers(3, kPost, false) + Data(3, "x", true)), CodecState::kOpen);
  EXPECT_EQ(server.recorded.requests.size(), 1u);
}

TEST(InvalidMessages, EndTheConnectionOrTheirStreamAsConfigured) {
  FieldList upper = kGet;
  upper.emplace_back("Upper", "x");
  FieldList control = kGet;
  control.emplace_back("name", "a\rb");
  FieldList connection = kGet;
  connection.emplace_back("connection", "close");
  const FieldList no_path = {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}};
  const FieldList* const messages[] = {&upper, &control, &connection, &no_path};
  for (const FieldList* fields : messages) {
    SCOPED_TRACE(fields->back().first);
    for (const bool stream_error : {false, true}) {
      Options options;
      options.stream_error_on_invalid_http_message = stream_error;
      Server server(options);
      server.Send(ClientPreface() + Headers(1, kPost, false));
      EXPECT_EQ(server.Send(Headers(3, *fields, true)),
                stream_error ? CodecState::kOpen : CodecState::kFailed);
      EXPECT_EQ(server.CodeOf(stream_error ? kRstStream : kGoaway), kProtocolError);
      EXPECT_EQ(server.recorded.requests[0]->received.reset, !stream_error);
      EXPECT_EQ(server.stats.rx_messaging_error.value(), 1u);
    }
  }
}

}  // namespace
}  // namespace weir::http::h2
