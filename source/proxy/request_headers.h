// What the connection manager does to every request and response before and after the filters: who
// the client is, what must not come from outside, what the proxy adds. Functions of their
// arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/config/listener.h"
#include "source/event/clock.h"
#include "source/event/random.h"
#include "source/http/message.h"
#include "source/proxy/client_address.h"
#include "source/stream_info/stream_info.h"

namespace weir::proxy {

// Fields with an underscore, host and scheme, the trusted client address, x-forwarded-*, x-envoy-*
// fields of those who are not trusted, x-request-id, via. A refusal leaves the head half done.
struct Refusal {
  uint16_t status;
  std::string_view details;
  bool by_detection = false;  // A detection of addresses refused it.
};
std::optional<Refusal> PrepareRequest(const config::HttpConnectionManager& config,
                                      stream_info::StreamInfo& info, event::Random& random,
                                      http::RequestHead& head);

// internal_only_headers of the route table: from others than our own they are dropped.
void RemoveInternalOnly(const std::vector<std::string>& names, http::RequestHead& head);

// proxy-status, which may change the status; server, date, via, x-request-id. `date` is the text of
// an HTTP date (RFC 9110, 5.6.7).
void FinishResponse(const config::HttpConnectionManager& config, const http::RequestHead& request,
                    const stream_info::StreamInfo& info, std::string_view date,
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
