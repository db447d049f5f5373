#include "source/proxy/client_certificate.h"

#include <algorithm>
#include <string>

#include "source/base/strings.h"

namespace weir::proxy {
namespace {

using config::ForwardClientCert;
using http::HeaderId;

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// "key=value" behind what is there already.
void AppendPair(std::string& element, std::string_view key, std::string_view value, bool quoted) {
  if (HasControl(value)) return;
  StrAppend(element, element.empty() ? "" : ";", key, "=");
  if (!quoted && value.find_first_of(",;\"\\") == std::string_view::npos) {
    element.append(value);
    return;
  }
  element.push_back('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') element.push_back('\\');
    element.push_back(c);
  }
  element.push_back('"');
}

void AppendNames(std::string& element, std::string_view key,
                 const std::vector<std::string>& names) {
  for (const std::string& name : names) AppendPair(element, key, name, false);
}

// What this hop says of the client.
std::string Element(const config::ClientCertDetails& details, const net::TlsFacts& tls) {
  std::string element;
  if (tls.local != nullptr) AppendNames(element, "By", tls.local->uri_names);
  AppendPair(element, "Hash", tls.peer->sha256_fingerprint, false);
  if (details.cert) {
    std::string encoded;
    AppendPercentEncoded(encoded, tls.peer->pem);
    AppendPair(element, "Cert", encoded, true);
  }
  if (details.chain) {
    std::string encoded;
    AppendPercentEncoded(encoded, tls.peer->pem);
    for (const net::AuthorityFacts& authority : tls.peer_authorities) {
      AppendPercentEncoded(encoded, authority.pem);
    }
    AppendPair(element, "Chain", encoded, true);
  }
  if (details.subject) AppendPair(element, "Subject", tls.peer->subject, true);
  if (details.uri) {
    AppendNames(element, "URI", tls.peer->uri_names);
    if (tls.peer->uri_names.empty()) AppendPair(element, "URI", "", false);
  }
  if (details.dns) AppendNames(element, "DNS", tls.peer->dns_names);
  return element;
}

const config::ClientCertForwarding& ForwardingOf(const config::HttpConnectionManager& config,
                                                 const stream_info::StreamInfo& stream,
                                                 const http::RequestHead& head) {
  if (!config.client_cert_matcher.has_value()) return config.client_cert;
  const config::ClientCertForwarding* const matched =
      config.client_cert_matcher->Find(match::MatchFacts::OfRequest(head, &stream));
  return matched == nullptr ? config.client_cert : *matched;
}

}  // namespace

void ForwardClientCertificate(const config::HttpConnectionManager& config,
                              const stream_info::StreamInfo& stream, http::RequestHead& head) {
  const config::ClientCertForwarding& forwarding = ForwardingOf(config, stream, head);
  const ForwardClientCert mode = forwarding.mode;
  if (mode == ForwardClientCert::kAlwaysForwardOnly) return;
  const net::TlsFacts* const tls = stream.connection.tls.get();
  const bool presented = tls != nullptr && tls->peer != nullptr;
  if (presented && mode == ForwardClientCert::kForwardOnly) return;
  http::HeaderMap& headers = head.headers;
  if (!presented || mode == ForwardClientCert::kSanitize) {
    headers.Remove(HeaderId::kXForwardedClientCert);
    return;
  }
  std::string value;
  if (mode == ForwardClientCert::kAppendForward) {
    value = std::string(headers.GetJoined(HeaderId::kXForwardedClientCert).value_or(""));
  }
  headers.Remove(HeaderId::kXForwardedClientCert);
  StrAppend(value, value.empty() ? "" : ",", Element(forwarding.details, *tls));
  headers.Add(HeaderId::kXForwardedClientCert, headers.arena().Copy(value));
}

}  // namespace weir::proxy
