// The HTTP filters of one request, run in order; where a pause holds what comes after it.
//
//   request:   filter 0, 1, ... n-1 -> RequestSink (the router)
//   response:  filter n-1, ... 1, 0 -> ResponseSink (the client's stream)
//
// Each filter has, for each direction, its own hold: whether it pauses, whether the head is still
// held, the bytes, the end. What a filter lets go runs on to the next one from there. Continue and
// SendLocalReply only take a note: they act at the end of the turn. Owned by the RequestStream, on
// the worker's thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/buffer/buffer.h"
#include "source/buffer/ledger.h"
#include "source/event/loop.h"
#include "source/filter/http_filter.h"
#include "source/http/message.h"

namespace weir::proxy {

// Where a direction goes after its last filter. Trailers are the end; otherwise a `true` end is.
class RequestSink {
 public:
  virtual void OnRequestHeaders(bool end) = 0;
  virtual void OnRequestBody(buffer::Buffer& data, bool end) = 0;
  virtual void OnRequestTrailers(http::HeaderMap& trailers) = 0;

 protected:
  ~RequestSink() = default;
};

class ResponseSink {
 public:
  virtual void OnResponseHeaders(bool end) = 0;
  virtual void OnResponseBody(buffer::Buffer& data, bool end) = 0;
  virtual void OnResponseTrailers(http::HeaderMap& trailers) = 0;

 protected:
  ~ResponseSink() = default;
};

// What the chain needs of its stream.
class FilterChainOwner : public RequestSink, public ResponseSink {
 public:
  virtual http::RequestHead& request() = 0;
  virtual http::ResponseHead& response() = 0;
  virtual stream_info::StreamInfo& info() = 0;
  // StreamInfo::route_outdated: the route is to be chosen anew, and the filters from the `at`-th
  // on, none of which has seen the request, to be made by what the new one says (DropFrom, Add).
  virtual void OnRouteOutdated(size_t at) = 0;
  // A filter answers; called from the loop.
  virtual void OnLocalReply(const filter::LocalReply& reply) = 0;
  // Held bytes reached the limit (true: stop reading) or fell below it.
  virtual void OnHoldLimit(filter::Direction direction, bool reached) = 0;

 protected:
  ~FilterChainOwner() = default;
};

class FilterChain {
 public:
  // `hold_limit`: bytes that a pause may hold in one direction.
  FilterChain(event::Loop& loop, buffer::BlockPool& blocks, FilterChainOwner& owner,
              size_t hold_limit);
  FilterChain(const FilterChain&) = delete;
  FilterChain& operator=(const FilterChain&) = delete;
  ~FilterChain();

  // Adds a filter behind the others; before it has to see anything. `place`: among those that are
  // configured. `route_config`: what the route says to it, may be null.
  void Add(size_t place, const filter::HttpFilterFactory& factory,
           const config::ExtensionConfig* route_config);
  // Drops the filters from the `at`-th on, which have seen nothing. Returns the place behind that
  // of the last one left.
  size_t DropFrom(size_t at);

  void RequestHeaders(bool end);
  void RequestBody(buffer::Buffer& data, bool end);
  void RequestTrailers(http::HeaderMap& trailers);
  void ResponseHeaders(bool end);
  void ResponseBody(buffer::Buffer& data, bool end);
  void ResponseTrailers(http::HeaderMap& trailers);

  // What its pauses hold.
  void AddHeld(buffer::Ledger& ledger) const;
  // The stream is over: tells the filters once, drops what is held.
  void End();
  // Ends, and is as new: for Add. Not from inside a filter.
  void Restart();

 private:
  struct Hold {
    bool paused = false;
    bool resume = false;   // Continue was called.
    bool headers = false;  // The head has not gone further than this filter.
    bool end = false;      // The end came without trailers.
    bool over_limit = false;
    // The most that may be held of a body that is held whole.
    std::optional<size_t> whole_body;
    std::optional<buffer::Buffer> bytes;
    std::unique_ptr<http::HeaderMap>
        trailers;  // A copy: the codec's are there during the call only.
  };
  class Entry;  // One filter as its host.

  // One direction, starting at the `at`-th filter in running order.
  void PassHeaders(filter::Direction direction, size_t at, bool end);
  void PassBody(filter::Direction direction, size_t at, buffer::Buffer& data, bool end);
  void PassTrailers(filter::Direction direction, size_t at, http::HeaderMap& trailers);
  void Release(filter::Direction direction, size_t at);
  void HoldBytes(filter::Direction direction, Entry& entry, buffer::Buffer& data, bool end);
  void RefuseBody(filter::Direction direction, Entry& entry);
  Entry& EntryAt(filter::Direction direction, size_t at);
  void ActAtTurnEnd();

  buffer::BlockPool& blocks_;
  event::Loop& loop_;
  FilterChainOwner& owner_;
  const size_t hold_limit_;
  std::vector<std::unique_ptr<Entry>> entries_;
  event::TurnEndTask act_;
  struct OwnedReply;
  std::unique_ptr<OwnedReply> reply_;  // Noted by SendLocalReply.
  bool response_from_reply_ = false;   // The request direction is closed: an answer was made here.
  bool ended_ = false;
};

}  // namespace weir::proxy
