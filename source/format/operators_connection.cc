// Operators about the downstream connection.
#include "source/base/strings.h"
#include "source/base/value.h"
#include "source/format/operator.h"
#include "source/stream_info/findings.h"

namespace weir::format {
namespace {

using Operator = Formatter::Operator;

AddressPart PartOf(const Operator& self) { return static_cast<AddressPart>(self.variant); }

bool RemoteAddress(const Operator& self, std::string& out, const FormatContext& context) {
  return AppendAddress(out, context.info.downstream_remote_address, PartOf(self));
}
bool LocalAddress(const Operator& self, std::string& out, const FormatContext& context) {
  return AppendAddress(out, context.info.connection.local_address, PartOf(self));
}
bool DirectRemoteAddress(const Operator& self, std::string& out, const FormatContext& context) {
  return AppendAddress(out, context.info.connection.direct_remote_address, PartOf(self));
}
bool DirectLocalAddress(const Operator& self, std::string& out, const FormatContext& context) {
  return AppendAddress(out, context.info.connection.direct_local_address, PartOf(self));
}
bool ServerName(const Operator&, std::string& out, const FormatContext& context) {
  return AppendText(out, context.info.connection.further->server_name);
}
template <std::string stream_info::ConnectionInfo::Further::* kField>
bool Fingerprint(const Operator&, std::string& out, const FormatContext& context) {
  return AppendText(out, (*context.info.connection.further).*kField);
}
bool ConnectionId(const Operator&, std::string& out, const FormatContext& context) {
  AppendNumber(out, context.info.connection.id);
  return true;
}
bool TerminationDetails(const Operator&, std::string& out, const FormatContext& context) {
  return AppendText(out, context.info.connection.further->termination_details);
}
bool TransportFailure(const Operator&, std::string& out, const FormatContext& context) {
  return AppendWord(out, context.info.connection.further->transport_failure_reason);
}
// A text as it is, everything else as JSON.
bool DynamicMetadata(const Operator& self, std::string& out, const FormatContext& context) {
  const stream_info::StreamInfo& info = context.info;
  const Value* const value =
      stream_info::FindMetadata(info.connection, &info, Split(self.text, ':'));
  if (value == nullptr) return false;
  if (value->kind() == Value::Kind::kString) return AppendText(out, value->string());
  AppendJson(out, *value);
  return true;
}
// KEY, KEY:TYPED, KEY:PLAIN or KEY:FIELD:name. A typed text is a JSON string; other objects have no
// type that could be written.
bool FilterState(const Operator& self, std::string& out, const FormatContext& context) {
  const auto* const object =
      stream_info::FindObject(context.info.connection, &context.info, self.text);
  if (object == nullptr) return false;
  switch (static_cast<FilterStateForm>(self.variant)) {
    case FilterStateForm::kField: {
      const std::string* const field = stream_info::FindField(*object, self.alternative);
      return field != nullptr && AppendText(out, *field);
    }
    case FilterStateForm::kPlain:
      return AppendText(out, stream_info::TextOf(*object).value_or(""));
    case FilterStateForm::kTyped:
      break;
  }
  const auto* const text = std::get_if<stream_info::FilterState::Text>(object);
  if (text == nullptr) return false;
  AppendJson(out, Value::String(text->value));
  return true;
}
bool FilterChainName(const Operator&, std::string& out, const FormatContext& context) {
  return AppendText(out, context.info.connection.filter_chain_name);
}
bool HostName(const Operator& self, std::string& out, const FormatContext&) {
  return AppendText(out, self.text);
}
bool WireBytesReceived(const Operator&, std::string& out, const FormatContext& context) {
  AppendNumber(out, context.info.wire_bytes_received);
  return true;
}
bool WireBytesSent(const Operator&, std::string& out, const FormatContext& context) {
  AppendNumber(out, context.info.wire_bytes_sent);
  return true;
}

constexpr int kAll = static_cast<int>(AddressPart::kAll);
constexpr int kWithoutPort = static_cast<int>(AddressPart::kWithoutPort);
constexpr int kPort = static_cast<int>(AddressPart::kPort);

}  // namespace

const std::vector<OperatorEntry>& ConnectionOperators() {
  static const std::vector<OperatorEntry> kOperators = {
      {"DOWNSTREAM_REMOTE_ADDRESS", RemoteAddress, false, kAll},
      {"DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", RemoteAddress, false, kWithoutPort},
      {"DOWNSTREAM_REMOTE_PORT", RemoteAddress, true, kPort},
      {"DOWNSTREAM_LOCAL_ADDRESS", LocalAddress, false, kAll},
      {"DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", LocalAddress, false, kWithoutPort},
      {"DOWNSTREAM_LOCAL_PORT", LocalAddress, true, kPort},
      {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS", DirectRemoteAddress, false, kAll},
      {"DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT", DirectRemoteAddress, false, kWithoutPort},
      {"DOWNSTREAM_DIRECT_REMOTE_PORT", DirectRemoteAddress, true, kPort},
      {"DOWNSTREAM_DIRECT_LOCAL_ADDRESS", DirectLocalAddress, false, kAll},
      {"DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT", DirectLocalAddress, false, kWithoutPort},
      {"DOWNSTREAM_DIRECT_LOCAL_PORT", DirectLocalAddress, true, kPort},
      {"REQUESTED_SERVER_NAME", ServerName},
      {"TLS_JA3_FINGERPRINT", Fingerprint<&stream_info::ConnectionInfo::Further::ja3_fingerprint>},
      {"TLS_JA4_FINGERPRINT", Fingerprint<&stream_info::ConnectionInfo::Further::ja4_fingerprint>},
      {"CONNECTION_ID", ConnectionId, true},
      {"CONNECTION_TERMINATION_DETAILS", TerminationDetails},
      {"DOWNSTREAM_TRANSPORT_FAILURE_REASON", TransportFailure},
      {"DYNAMIC_METADATA", DynamicMetadata},
      {"FILTER_STATE", FilterState},
      {"FILTER_CHAIN_NAME", FilterChainName},
      {"HOSTNAME", HostName},
      {"DOWNSTREAM_WIRE_BYTES_RECEIVED", WireBytesReceived, true},
      {"DOWNSTREAM_WIRE_BYTES_SENT", WireBytesSent, true},
  };
  return kOperators;
}

}  // namespace weir::format
