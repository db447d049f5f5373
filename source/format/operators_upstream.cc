// Operators about the upstream half of the stream.
#include "source/format/operator.h"

namespace weir::format {
namespace {

using Operator = Formatter::Operator;

AddressPart PartOf(const Operator& self) { return static_cast<AddressPart>(self.variant); }

bool Host(const Operator& self, std::string& out, const FormatContext& context) {
  const stream_info::UpstreamInfo& upstream = context.info.upstream;
  return upstream.has_host && AppendAddress(out, upstream.address, PartOf(self));
}
bool HostName(const Operator& self, std::string& out, const FormatContext& context) {
  const stream_info::UpstreamInfo& upstream = context.info.upstream;
  if (!upstream.has_host) return false;
  if (upstream.host_name.empty()) return AppendAddress(out, upstream.address, PartOf(self));
  return AppendText(out, upstream.host_name);
}
bool LocalAddress(const Operator& self, std::string& out, const FormatContext& context) {
  const stream_info::UpstreamInfo& upstream = context.info.upstream;
  return upstream.connected && AppendAddress(out, upstream.local_address, PartOf(self));
}
bool Cluster(const Operator&, std::string& out, const FormatContext& context) {
  return AppendText(out, context.info.upstream.cluster_name);
}
bool Protocol(const Operator&, std::string& out, const FormatContext& context) {
  const auto& protocol = context.info.upstream.protocol;
  return protocol.has_value() && AppendText(out, http::NameOf(*protocol));
}
bool ConnectionId(const Operator&, std::string& out, const FormatContext& context) {
  const stream_info::UpstreamInfo& upstream = context.info.upstream;
  if (!upstream.connected) return false;
  AppendNumber(out, upstream.connection_id);
  return true;
}
bool TransportFailure(const Operator&, std::string& out, const FormatContext& context) {
  return AppendWord(out, context.info.upstream.transport_failure_reason);
}
bool Attempts(const Operator&, std::string& out, const FormatContext& context) {
  AppendNumber(out, context.info.upstream.attempts);
  return true;
}
bool WireBytesSent(const Operator&, std::string& out, const FormatContext& context) {
  AppendNumber(out, context.info.upstream.wire_bytes_sent);
  return true;
}
bool WireBytesReceived(const Operator&, std::string& out, const FormatContext& context) {
  AppendNumber(out, context.info.upstream.wire_bytes_received);
  return true;
}
constexpr int kAll = static_cast<int>(AddressPart::kAll);
constexpr int kWithoutPort = static_cast<int>(AddressPart::kWithoutPort);
constexpr int kPort = static_cast<int>(AddressPart::kPort);

}  // namespace

const std::vector<OperatorEntry>& UpstreamOperators() {
  static const std::vector<OperatorEntry> kOperators = {
      {"UPSTREAM_HOST", Host, false, kAll},
      {"UPSTREAM_HOST_NAME", HostName, false, kAll},
      {"UPSTREAM_HOST_NAME_WITHOUT_PORT", HostName, false, kWithoutPort},
      {"UPSTREAM_REMOTE_ADDRESS", Host, false, kAll},
      {"UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", Host, false, kWithoutPort},
      {"UPSTREAM_REMOTE_PORT", Host, true, kPort},
      {"UPSTREAM_LOCAL_ADDRESS", LocalAddress, false, kAll},
      {"UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", LocalAddress, false, kWithoutPort},
      {"UPSTREAM_LOCAL_PORT", LocalAddress, true, kPort},
      {"UPSTREAM_CLUSTER", Cluster},
      {"UPSTREAM_CLUSTER_RAW", Cluster},
      {"UPSTREAM_PROTOCOL", Protocol},
      {"UPSTREAM_CONNECTION_ID", ConnectionId, true},
      {"UPSTREAM_TRANSPORT_FAILURE_REASON", TransportFailure},
      {"UPSTREAM_REQUEST_ATTEMPT_COUNT", Attempts, true},
      {"UPSTREAM_WIRE_BYTES_SENT", WireBytesSent, true},
      {"UPSTREAM_WIRE_BYTES_RECEIVED", WireBytesReceived, true},
  };
  return kOperators;
}

}  // namespace weir::format
