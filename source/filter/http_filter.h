// HTTP filters: what an extension sees of a request on its way, and what it may do.
//
// A filter answers each event with kContinue or kPause. A pause holds everything that comes after
// this filter (the event itself and the bytes behind it, bounded by the buffer limit); later events
// still reach the filter that paused. It ends when the filter calls its host's Continue, or answers
// a later event with kContinue. When the bound is reached, reading stops; a filter that needs the
// whole body says so and how much of it; beyond that the client gets 413 (for a response: 500).
//
// Requests pass the filters in order, responses in reverse. All calls are on the worker's thread; a
// filter belongs to its stream.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "source/buffer/buffer.h"
#include "source/config/extension.h"
#include "source/event/loop.h"
#include "source/http/message.h"
#include "source/stream_info/stream_info.h"

namespace weir::filter {

enum class FilterResult : unsigned char { kContinue, kPause };
enum class Direction : unsigned char { kRequest, kResponse };

// An answer made here instead of the upstream's.
struct LocalReply {
  using Field = std::pair<std::string_view, std::string_view>;

  uint16_t status = 500;
  std::string_view body;
  // %RESPONSE_CODE_DETAILS%; static.
  std::string_view details;
  std::string_view location = "";  // For redirects.
  std::string_view content_type = "text/plain";
  // Further fields; names are lower case.
  std::span<const Field> headers = {};
  // What keeps `body` alive, for large ones; null: the body is copied.
  std::shared_ptr<const void> body_owner = nullptr;
  // The route itself answers: its changes of response headers apply.
  bool from_route = false;
};

// What a filter may ask of its stream.
class HttpFilterHost {
 public:
  // Ends this filter's pause in one direction. What was held goes on from the loop, not from
  // inside.
  virtual void Continue(Direction direction) = 0;
  // Answers and ends the request; nothing that follows reaches later filters. After response
  // headers went out the stream is reset instead. Takes effect from the loop, not from inside.
  virtual void SendLocalReply(const LocalReply& reply) = 0;
  // The bytes held at this filter in one direction; a filter may change them while it pauses.
  virtual buffer::Buffer& held(Direction direction) = 0;
  // The body is to be held whole: more than `max_bytes` is an error (413, or 500 for a response)
  // rather than a stop. Holds in place of the buffer limit.
  virtual void RequireWholeBody(Direction direction, size_t max_bytes) = 0;
  virtual stream_info::StreamInfo& info() = 0;
  virtual http::RequestHead& request() = 0;
  virtual event::Loop& loop() = 0;
  // What the request's route says to this filter (typed_per_filter_config, the most specific
  // level); null: nothing. Belongs to the route table, which the request pins.
  virtual const config::ExtensionConfig* route_config() const = 0;

 protected:
  ~HttpFilterHost() = default;
};

// Answers kContinue to what an implementation does not care for.
class HttpFilter {
 public:
  virtual ~HttpFilter() = default;
  virtual FilterResult OnRequestHeaders(http::RequestHead&, bool /*end*/) {
    return FilterResult::kContinue;
  }
  virtual FilterResult OnRequestBody(buffer::Buffer&, bool /*end*/) {
    return FilterResult::kContinue;
  }
  virtual FilterResult OnRequestTrailers(http::HeaderMap&) { return FilterResult::kContinue; }
  virtual FilterResult OnResponseHeaders(http::ResponseHead&, bool /*end*/) {
    return FilterResult::kContinue;
  }
  virtual FilterResult OnResponseBody(buffer::Buffer&, bool /*end*/) {
    return FilterResult::kContinue;
  }
  virtual FilterResult OnResponseTrailers(http::HeaderMap&) { return FilterResult::kContinue; }
  // The stream is over, however it ended; the host answers no more calls.
  virtual void OnStreamEnd() {}
};

// Makes a filter for each request. Immutable, shared by workers.
class HttpFilterFactory {
 public:
  virtual ~HttpFilterFactory() = default;
  virtual std::unique_ptr<HttpFilter> Create(HttpFilterHost& host) const = 0;
};

}  // namespace weir::filter
