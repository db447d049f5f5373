// TLS contexts and secrets. What their texts hold is checked here: certificates and keys parse and
// belong together, with the path of the field that does not. Key material never gets into an error.
#pragma once

#include <memory>

#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/tls.pb.h"
#include "source/config/proto/scope.h"
#include "source/config/tls.h"

namespace weir::config::proto {

DownstreamTls DecodeDownstreamTls(
    const envoy::extensions::transport_sockets::tls::v3::DownstreamTlsContext& message,
    const Scope& scope);
UpstreamTls DecodeUpstreamTls(
    const envoy::extensions::transport_sockets::tls::v3::UpstreamTlsContext& message,
    const Scope& scope);
std::shared_ptr<const Secret> DecodeSecret(
    const envoy::extensions::transport_sockets::tls::v3::Secret& message, const Scope& scope);

// The parts, for the above.
// `secret_name`: of the secret that it comes in. One that was found to be good before is not
// checked again, and is the same object.
Shared<TlsCertificate> DecodeTlsCertificate(
    const envoy::extensions::transport_sockets::tls::v3::TlsCertificate& message,
    std::string_view secret_name, const Scope& scope);
CertificateValidation DecodeCertificateValidation(
    const envoy::extensions::transport_sockets::tls::v3::CertificateValidationContext& message,
    const Scope& scope);
// Its anchors are files of another machine.
bool TrustIsElsewhere(
    const envoy::extensions::transport_sockets::tls::v3::CertificateValidationContext& message,
    const Scope& scope);
SessionTicketKeys DecodeSessionTicketKeys(
    const envoy::extensions::transport_sockets::tls::v3::TlsSessionTicketKeys& message,
    const Scope& scope);

}  // namespace weir::config::proto
