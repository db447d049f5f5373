// Operators about the request and the response.
#include <array>

#include "source/base/strings.h"
#include "source/format/operator.h"

namespace weir::format {
namespace {

using Operator = Formatter::Operator;

bool AppendLength(std::string& out, const http::BodyFraming& framing) {
  if (framing.kind != http::Framing::kLength) return false;
  AppendNumber(out, framing.length);
  return true;
}

bool AppendField(std::string& out, const http::HeaderMap& headers, std::string_view name) {
  const std::optional<std::string_view> value = headers.Get(name);
  return value.has_value() && AppendText(out, *value);
}

bool AppendRequestField(std::string& out, const http::RequestHead& head, std::string_view name) {
  if (name == ":method") return AppendText(out, head.method);
  if (name == ":path") return AppendText(out, head.path);
  if (name == ":authority" || name == "host") return AppendText(out, head.authority);
  if (name == ":scheme") return AppendText(out, head.scheme);
  if (name == ":protocol") return AppendText(out, head.protocol);
  if (name == "content-length") return AppendLength(out, head.framing);
  return AppendField(out, head.headers, name);
}

bool AppendResponseField(std::string& out, const http::ResponseHead& head, std::string_view name) {
  if (name == ":status") {
    AppendNumber(out, head.status);
    return true;
  }
  if (name == "content-length") return AppendLength(out, head.framing);
  return AppendField(out, head.headers, name);
}

bool RequestHeader(const Operator& self, std::string& out, const FormatContext& context) {
  if (context.request == nullptr) return false;
  return AppendRequestField(out, *context.request, self.text) ||
         (!self.alternative.empty() && AppendRequestField(out, *context.request, self.alternative));
}
bool RequestWithoutQuery(const Operator& self, std::string& out, const FormatContext& context) {
  const size_t before = out.size();
  if (!RequestHeader(self, out, context)) return false;
  if (const size_t question = out.find('?', before); question != std::string::npos)
    out.resize(question);
  return true;
}
bool AccessLogType(const Operator&, std::string& out, const FormatContext& context) {
  switch (context.log_type) {
    case LogType::kNotSet:
      return AppendText(out, "NotSet");
    case LogType::kTcpConnectionStart:
      return AppendText(out, "TcpConnectionStart");
    case LogType::kTcpUpstreamConnected:
      return AppendText(out, "TcpUpstreamConnected");
    case LogType::kTcpPeriodic:
      return AppendText(out, "TcpPeriodic");
    case LogType::kTcpConnectionEnd:
      return AppendText(out, "TcpConnectionEnd");
    case LogType::kDownstreamStart:
      return AppendText(out, "DownstreamStart");
    case LogType::kDownstreamPeriodic:
      return AppendText(out, "DownstreamPeriodic");
    case LogType::kDownstreamEnd:
      return AppendText(out, "DownstreamEnd");
    case LogType::kUpstreamPoolReady:
      return AppendText(out, "UpstreamPoolReady");
    case LogType::kUpstreamPeriodic:
      return AppendText(out, "UpstreamPeriodic");
    case LogType::kUpstreamEnd:
      return AppendText(out, "UpstreamEnd");
    case LogType::kDownstreamTunnelSuccessfullyEstablished:
      return AppendText(out, "DownstreamTunnelSuccessfullyEstablished");
  }
  return false;
}
bool Path(const Operator& self, std::string& out, const FormatContext& context) {
  if (context.request == nullptr) return false;
  const std::string_view path = context.request->path;
  return AppendText(out, self.variant == 1 ? path.substr(0, path.find('?')) : path);
}
bool QueryParameter(const Operator& self, std::string& out, const FormatContext& context) {
  if (context.request == nullptr) return false;
  const std::string_view path = context.request->path;
  const size_t question = path.find('?');
  if (question == std::string_view::npos) return false;
  for (const std::string_view pair : Split(path.substr(question + 1), '&')) {
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) != self.text) continue;
    return equals != std::string_view::npos && AppendText(out, pair.substr(equals + 1));
  }
  return false;
}
bool ResponseHeader(const Operator& self, std::string& out, const FormatContext& context) {
  if (context.response == nullptr) return false;
  return AppendResponseField(out, *context.response, self.text) ||
         (!self.alternative.empty() &&
          AppendResponseField(out, *context.response, self.alternative));
}
bool ResponseTrailer(const Operator& self, std::string& out, const FormatContext& context) {
  if (context.response_trailers == nullptr) return false;
  return AppendField(out, *context.response_trailers, self.text) ||
         (!self.alternative.empty() &&
          AppendField(out, *context.response_trailers, self.alternative));
}
bool StreamId(const Operator&, std::string& out, const FormatContext& context) {
  return context.request != nullptr && AppendRequestField(out, *context.request, "x-request-id");
}

bool StartTime(const Operator& self, std::string& out, const FormatContext& context) {
  self.time.Append(out, context.info.start_wall);
  return true;
}
bool Protocol(const Operator&, std::string& out, const FormatContext& context) {
  return context.info.protocol.has_value() && AppendText(out, http::NameOf(*context.info.protocol));
}
bool ResponseCode(const Operator&, std::string& out, const FormatContext& context) {
  AppendNumber(out, context.info.response_code);
  return true;
}
bool ResponseCodeDetails(const Operator&, std::string& out, const FormatContext& context) {
  return AppendText(out, context.info.response_code_details);
}
bool ResponseFlags(const Operator&, std::string& out, const FormatContext& context) {
  context.info.flags.AppendShortNames(out);
  return true;
}
bool ResponseFlagsLong(const Operator&, std::string& out, const FormatContext& context) {
  context.info.flags.AppendLongNames(out);
  return true;
}

template <uint64_t stream_info::StreamInfo::* kMember>
bool Bytes(const Operator&, std::string& out, const FormatContext& context) {
  AppendNumber(out, context.info.*kMember);
  return true;
}

bool Duration(const Operator&, std::string& out, const FormatContext& context) {
  return AppendMilliseconds(out, context.info.start, context.info.end);
}
bool RequestDuration(const Operator&, std::string& out, const FormatContext& context) {
  return AppendMilliseconds(out, context.info.start, context.info.request_end);
}
bool RequestTxDuration(const Operator&, std::string& out, const FormatContext& context) {
  return AppendMilliseconds(out, context.info.start, context.info.upstream.last_byte_sent);
}
bool ResponseDuration(const Operator&, std::string& out, const FormatContext& context) {
  return AppendMilliseconds(out, context.info.start, context.info.upstream.first_byte_received);
}
bool ResponseTxDuration(const Operator&, std::string& out, const FormatContext& context) {
  if (context.info.upstream.first_byte_received == event::MonotonicTime{}) return false;
  return AppendMilliseconds(out, context.info.upstream.first_byte_received, context.info.end);
}

bool RouteName(const Operator&, std::string& out, const FormatContext& context) {
  return AppendText(out, context.info.route_name);
}
bool VirtualClusterName(const Operator&, std::string& out, const FormatContext& context) {
  return AppendText(out, context.info.virtual_cluster_name);
}
bool LocalReplyBody(const Operator&, std::string& out, const FormatContext& context) {
  return AppendText(out, context.local_reply_body);
}

struct GrpcName {
  std::string_view camel, snake;
};
constexpr std::array<GrpcName, 17> kGrpcNames = {{
    {"OK", "OK"},
    {"Canceled", "CANCELLED"},
    {"Unknown", "UNKNOWN"},
    {"InvalidArgument", "INVALID_ARGUMENT"},
    {"DeadlineExceeded", "DEADLINE_EXCEEDED"},
    {"NotFound", "NOT_FOUND"},
    {"AlreadyExists", "ALREADY_EXISTS"},
    {"PermissionDenied", "PERMISSION_DENIED"},
    {"ResourceExhausted", "RESOURCE_EXHAUSTED"},
    {"FailedPrecondition", "FAILED_PRECONDITION"},
    {"Aborted", "ABORTED"},
    {"OutOfRange", "OUT_OF_RANGE"},
    {"Unimplemented", "UNIMPLEMENTED"},
    {"Internal", "INTERNAL"},
    {"Unavailable", "UNAVAILABLE"},
    {"DataLoss", "DATA_LOSS"},
    {"Unauthenticated", "UNAUTHENTICATED"},
}};

// From the trailers, else from the head of a response without a body.
bool GrpcStatus(const Operator& self, std::string& out, const FormatContext& context) {
  std::optional<std::string_view> text;
  if (context.response_trailers != nullptr)
    text = context.response_trailers->Get(http::HeaderId::kGrpcStatus);
  if (!text.has_value() && context.response != nullptr) {
    text = context.response->headers.Get(http::HeaderId::kGrpcStatus);
  }
  if (!text.has_value()) return false;
  const std::optional<uint64_t> code = ParseUint64(*text);
  if (self.variant == 2) {
    if (!code.has_value()) return false;
    AppendNumber(out, *code);
    return true;
  }
  if (!code.has_value() || *code >= kGrpcNames.size()) return AppendText(out, *text);
  return AppendText(out, self.variant == 1 ? kGrpcNames[*code].snake : kGrpcNames[*code].camel);
}

}  // namespace

const std::vector<OperatorEntry>& RequestOperators() {
  using Info = stream_info::StreamInfo;
  static const std::vector<OperatorEntry> kOperators = {
      {"REQ", RequestHeader},
      {"REQUEST_HEADER", RequestHeader},
      {"REQ_WITHOUT_QUERY", RequestWithoutQuery},
      {"RESP", ResponseHeader},
      {"RESPONSE_HEADER", ResponseHeader},
      {"TRAILER", ResponseTrailer},
      {"RESPONSE_TRAILER", ResponseTrailer},
      {"PATH", Path},
      {"QUERY_PARAM", QueryParameter},
      {"STREAM_ID", StreamId},
      {"ACCESS_LOG_TYPE", AccessLogType},
      {"START_TIME", StartTime},
      {"START_TIME_LOCAL", StartTime},
      {"PROTOCOL", Protocol},
      {"RESPONSE_CODE", ResponseCode, true},
      {"RESPONSE_CODE_DETAILS", ResponseCodeDetails},
      {"RESPONSE_FLAGS", ResponseFlags},
      {"RESPONSE_FLAGS_LONG", ResponseFlagsLong},
      {"BYTES_RECEIVED", Bytes<&Info::request_body_bytes>, true},
      {"BYTES_SENT", Bytes<&Info::response_body_bytes>, true},
      {"REQUEST_HEADERS_BYTES", Bytes<&Info::request_header_bytes>, true},
      {"RESPONSE_HEADERS_BYTES", Bytes<&Info::response_header_bytes>, true},
      {"DOWNSTREAM_HEADER_BYTES_RECEIVED", Bytes<&Info::request_header_bytes>, true},
      {"DOWNSTREAM_HEADER_BYTES_SENT", Bytes<&Info::response_header_bytes>, true},
      {"DURATION", Duration, true},
      {"REQUEST_DURATION", RequestDuration, true},
      {"REQUEST_TX_DURATION", RequestTxDuration, true},
      {"RESPONSE_DURATION", ResponseDuration, true},
      {"RESPONSE_TX_DURATION", ResponseTxDuration, true},
      {"ROUTE_NAME", RouteName},
      {"VIRTUAL_CLUSTER_NAME", VirtualClusterName},
      {"LOCAL_REPLY_BODY", LocalReplyBody},
      {"GRPC_STATUS", GrpcStatus},
      {"GRPC_STATUS_NUMBER", GrpcStatus, true, 2},
  };
  return kOperators;
}

}  // namespace weir::format
