// What one side of an HTTP/2 connection does while its peer sends, chosen by a fuzzer: a word a
// turn, a letter a call. Either target adds the letters of its own heads.
//
//   b body   B more than the stream's watermark   n the end of it   t trailers   E body and end
//   r reset  p pause  u resume                     j the next stream is meant from now on
//   d drain  g PING   o the output is full         O it has room again   k it is not flushed
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/check.h"
#include "source/http/h2/codec.h"
#include "test/fuzz/lines.h"
#include "test/http/recording_handler.h"

namespace weir::http {

// The options of both targets: limits that an input of a few kilobytes reaches.
inline h2::Options ScriptOptions() {
  h2::Options options;
  options.limits.high_watermark = 16 * 1024;
  options.limits.stream_high_watermark = 8 * 1024;
  options.max_outbound_control_frames = 30;
  options.max_outbound_frames = 60;
  return options;
}

// What has been encoded on a stream so far; after kEnd, nothing may be.
enum class Sent : uint8_t { kNothing, kHead, kTunnel, kEnd };

// One word, which is taken away with its blank.
inline std::string_view TakeWord(std::string_view& script) {
  const size_t end = script.find(' ');
  const std::string_view word = script.substr(0, end);
  script = end == std::string_view::npos ? std::string_view() : script.substr(end + 1);
  return word;
}

// Whether `letter` was one for the connection.
template <typename PingingCodec>
bool ActOnConnection(char letter, PingingCodec& codec) {
  switch (letter) {
    case 'd':
      codec.StartDrain();
      return true;
    case 'g':
      codec.pings().SendPing();
      return true;
    case 'o':
    case 'O':
      codec.SetOutputBlocked(letter == 'o');
      return true;
    default:
      return false;
  }
}

inline void SendBody(std::string text, bool end, Stream& stream, buffer::BlockPool& pool) {
  buffer::Buffer body(pool);
  body.Append(text);
  stream.EncodeBody(body, end);
}

inline void SendTrailers(Stream& stream, buffer::BlockPool& pool) {
  buffer::Arena arena(pool);
  HeaderMap trailers(arena);
  trailers.Add("x-sum", "1");
  stream.EncodeTrailers(trailers);
}

// A letter for a stream whose head may have been sent.
inline void ActOnStream(char letter, Stream& stream, buffer::BlockPool& pool, Sent& sent) {
  if (letter == 'p' || letter == 'u') return stream.SetReadPaused(letter == 'p');
  if (letter == 'r') {
    sent = Sent::kEnd;
    return stream.Reset(StreamError{.kind = ErrorKind::kLocalReset});
  }
  if (sent != Sent::kHead && sent != Sent::kTunnel) return;
  switch (letter) {
    case 'b':
      return SendBody("body", false, stream, pool);
    case 'B':
      return SendBody(std::string(12 * 1024, 'B'), false, stream, pool);
    case 'E':
      sent = Sent::kEnd;
      return SendBody("body", true, stream, pool);
    case 'n':
      sent = Sent::kEnd;
      return SendBody("", true, stream, pool);
    case 't':
      if (sent == Sent::kTunnel) return;
      sent = Sent::kEnd;
      return SendTrailers(stream, pool);
    default:
      return;
  }
}

inline void CheckFields(const HeaderMap& fields) {
  for (const HeaderField& field : fields) {
    WEIR_CHECK(HeaderMap::IsValidName(field.name), "an invalid name came through");
    WEIR_CHECK(field.id == HeaderId::kCookie || HeaderMap::IsValidValue(field.value),
               "an invalid value came through");
  }
}

// An input: a byte for the size of the pieces that come (0: all at once), the script's line, and
// what the peer of `Peer` sends.
template <typename Peer>
void RunScript(const uint8_t* data, size_t size) {
  std::string_view bytes = TextOf(data, size);
  const size_t asked = TakeByte(bytes);
  const std::string_view script = TakeLine(bytes);
  const size_t piece = asked == 0 ? std::max<size_t>(bytes.size(), 1) : asked;
  buffer::BlockPool pool;
  Peer peer(pool, script);
  for (size_t at = 0; at < bytes.size(); at += piece) peer.Receive(bytes.substr(at, piece));
  peer.Finish();
}

}  // namespace weir::http
