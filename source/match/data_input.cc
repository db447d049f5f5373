#include "source/match/data_input.h"

#include "source/base/strings.h"
#include "source/match/header_matcher.h"
#include "source/match/query_matcher.h"
#include "source/stream_info/findings.h"

namespace weir::match {
namespace {

using Kind = DataInput::Kind;
using stream_info::ConnectionInfo;

// The address that `kind` speaks of; null when it speaks of none, or when it is not known.
const net::Address* AddressOf(Kind kind, const MatchFacts& facts) {
  if (facts.connection == nullptr) return nullptr;
  switch (kind) {
    case Kind::kDestinationIp:
    case Kind::kDestinationPort:
      return &facts.connection->local_address;
    case Kind::kSourceIp:
    case Kind::kSourcePort:
      return facts.stream == nullptr ? &facts.connection->remote_address
                                     : &facts.stream->downstream_remote_address;
    case Kind::kDirectSourceIp:
      return &facts.connection->direct_remote_address;
    default:
      return nullptr;
  }
}

std::optional<std::string_view> NotEmpty(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return text;
}

const net::CertificateFacts* CertificateOf(const ConnectionInfo& connection) {
  return connection.tls == nullptr ? nullptr : connection.tls->peer.get();
}

// Each in single quotes, as Envoy writes them.
std::string Quoted(const std::vector<std::string>& protocols) {
  std::string text;
  for (const std::string& protocol : protocols) {
    StrAppend(text, text.empty() ? "'" : ",'", protocol, "'");
  }
  return text;
}

// The address that filters keep; null: there is none, or it is no IP address.
const net::Address* KeptAddress(const DataInput& input, const MatchFacts& facts) {
  if (facts.connection == nullptr) return nullptr;
  const auto* const object = stream_info::FindObject(*facts.connection, facts.stream, input.name);
  const auto* const address = object == nullptr ? nullptr : std::get_if<net::Address>(object);
  return address != nullptr && address->is_ip() ? address : nullptr;
}

}  // namespace

InputText::InputText(const DataInput& input, const MatchFacts& facts) {
  if (input.kind == Kind::kRequestHeader || input.kind == Kind::kQueryParameter) {
    if (facts.head == nullptr) return;
    view_ = input.kind == Kind::kRequestHeader ? HeaderValue(*facts.head, input.name)
                                               : QueryParameter(facts.head->path, input.name);
    return;
  }
  if (facts.connection == nullptr) return;
  const ConnectionInfo& connection = *facts.connection;
  const net::CertificateFacts* const certificate = CertificateOf(connection);
  switch (input.kind) {
    case Kind::kRequestHeader:
    case Kind::kQueryParameter:
      break;
    case Kind::kDestinationIp:
    case Kind::kSourceIp:
    case Kind::kDirectSourceIp:
      if (const auto address = InputAddress(input, facts)) Own(address->ToString());
      break;
    case Kind::kDestinationPort:
    case Kind::kSourcePort: {
      const net::Address* const address = AddressOf(input.kind, facts);
      if (address != nullptr && address->is_ip()) Own(StrCat(address->port()));
      break;
    }
    case Kind::kSourceType:
      if (IsLocalSource(connection)) view_ = "local";
      break;
    case Kind::kServerName:
      view_ = NotEmpty(connection.further->server_name);
      break;
    case Kind::kTransportProtocol:
      view_ = NotEmpty(connection.transport_protocol);
      break;
    case Kind::kApplicationProtocol:
      Own(Quoted(connection.further->application_protocols));
      break;
    case Kind::kUriSan:
      if (certificate != nullptr) Own(Join(certificate->uri_names, ","));
      break;
    case Kind::kDnsSan:
      if (certificate != nullptr) Own(Join(certificate->dns_names, ","));
      break;
    case Kind::kSubject:
      if (certificate != nullptr) view_ = NotEmpty(certificate->subject);
      break;
    case Kind::kDynamicMetadata:
      break;
    case Kind::kFilterState:
      ReadObject(input, facts);
      break;
  }
}

void InputText::ReadObject(const DataInput& input, const MatchFacts& facts) {
  const auto* const object = stream_info::FindObject(*facts.connection, facts.stream, input.name);
  if (object == nullptr) return;
  if (input.path.empty()) {
    std::optional<std::string> text = stream_info::TextOf(*object);
    if (text.has_value()) view_ = own_ = *std::move(text);
  } else if (const std::string* field = stream_info::FindField(*object, input.path.front())) {
    view_ = *field;
  }
}

void InputText::Own(std::string text) {
  own_ = std::move(text);
  view_ = NotEmpty(own_);
}

const Value* InputValue(const DataInput& input, const MatchFacts& facts) {
  if (facts.connection == nullptr) return nullptr;
  return stream_info::FindMetadata(*facts.connection, facts.stream, input.path);
}

std::optional<net::IpAddress> InputAddress(const DataInput& input, const MatchFacts& facts) {
  switch (input.kind) {
    case Kind::kDestinationIp:
    case Kind::kSourceIp:
    case Kind::kDirectSourceIp: {
      const net::Address* const address = AddressOf(input.kind, facts);
      if (address == nullptr || !address->is_ip()) return std::nullopt;
      return address->ip();
    }
    case Kind::kFilterState:
      if (const net::Address* const kept = KeptAddress(input, facts)) return kept->ip();
      [[fallthrough]];
    default: {
      const InputText text(input, facts);
      return net::IpAddress::Parse(text.view().value_or(""));
    }
  }
}

bool IsLocalSource(const ConnectionInfo& connection) {
  const net::Address& local = connection.local_address;
  const net::Address& remote = connection.remote_address;
  if (!remote.is_ip() || !local.is_ip()) return true;
  return remote.ip().IsLoopback() || remote.ip() == local.ip();
}

}  // namespace weir::match
