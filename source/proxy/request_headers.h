// What the connection manager does to every request and response before and after the filters: who
// the client is, what must not come from outside, what the proxy adds. Functions of their
// arguments.
#pragma once

#include <string_view>

#include "source/config/listener.h"
#include "source/event/clock.h"
#include "source/event/random.h"
#include "source/filter/http_filter.h"
#include "source/http/message.h"
#include "source/stream_info/stream_info.h"

namespace weir::proxy {

// Fields with an underscore, the trusted client address, x-forwarded-for and -proto, x-envoy-*
// fields of external clients, x-request-id, via. False: the request is refused (underscores).
bool PrepareRequest(const config::HttpConnectionManager& config, stream_info::StreamInfo& info,
                    event::Random& random, http::RequestHead& head);

// RFC 3986, 6.2.2 and 5.2.4 on the path before the query, as the configuration asks:
// percent-encoded unreserved characters, dot segments, repeated and escaped slashes.
enum class PathOutcome : unsigned char { kUnchanged, kChanged, kRedirect, kRefused };
PathOutcome NormalizePath(const config::HttpConnectionManager& config, http::RequestHead& head);

// server, date, via, x-request-id. `date` is the text of an HTTP date (RFC 9110, 5.6.7).
void FinishResponse(const config::HttpConnectionManager& config, const http::RequestHead& request,
                    std::string_view date, http::ResponseHead& head);

// Fills `head` and says whether `body` follows it: a gRPC call is answered by a status in headers.
bool MakeLocalReply(const filter::LocalReply& reply, const http::RequestHead& request,
                    http::ResponseHead& head);

// The HTTP date of now, put together once a second. One worker.
class DateText {
 public:
  std::string_view At(event::SystemTime now);

 private:
  int64_t second_ = -1;
  char text_[32] = {};
};

}  // namespace weir::proxy
