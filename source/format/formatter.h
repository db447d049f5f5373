// The %OPERATOR(...)% formats of access logs, header changes and local replies, compiled once and
// run many times. Immutable after Create; any thread; Append writes to a string that the caller
// reuses.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/http/message.h"
#include "source/stream_info/stream_info.h"

namespace weir::format {

// What a record is written for: the values of envoy.data.accesslog.v3.AccessLogType that occur
// here.
enum class LogType : unsigned char {
  kNotSet = 0,
  kTcpUpstreamConnected = 1,
  kTcpPeriodic = 2,
  kTcpConnectionEnd = 3,
  kDownstreamStart = 4,
  kDownstreamPeriodic = 5,
  kDownstreamEnd = 6,
  kUpstreamPoolReady = 7,
  kUpstreamPeriodic = 8,
  kUpstreamEnd = 9,
  kDownstreamTunnelSuccessfullyEstablished = 10,
  kTcpConnectionStart = 14,
};

// What a format may speak of. Null: there is none yet, and its operators give "-".
struct FormatContext {
  const stream_info::StreamInfo& info;
  const http::RequestHead* request = nullptr;
  const http::ResponseHead* response = nullptr;
  const http::HeaderMap* response_trailers = nullptr;
  std::string_view local_reply_body;
  LogType log_type = LogType::kNotSet;
  event::MonotonicTime now{};  // Of a stream that has not ended.
};

class Formatter {
 public:
  // The error names the operator, its place in the text and, for a wrong name, the nearest right
  // one.
  static absl::StatusOr<Formatter> Create(std::string_view text);
  // Plain text without operators.
  static Formatter Literal(std::string text);

  // Operators without a value give "-", or nothing when `omit_empty`.
  void Append(std::string& out, const FormatContext& context, bool omit_empty = false) const;
  // The text when there is no operator in it: it needs no context.
  const std::string* literal() const;
  // The text it was made of.
  const std::string& source() const { return source_; }
  friend bool operator==(const Formatter& a, const Formatter& b) { return a.source_ == b.source_; }

  struct Operator;  // One compiled piece.

 private:
  std::string source_;
  std::vector<std::shared_ptr<const Operator>> pieces_;
};

}  // namespace weir::format
