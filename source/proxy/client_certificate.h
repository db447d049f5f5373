// x-forwarded-client-cert: what upstreams are told of the client's certificate, and what becomes of
// what the client says itself (forward_client_cert_details, forward_client_cert_matcher). A
// function of its arguments.
#pragma once

#include "source/config/listener.h"
#include "source/http/message.h"
#include "source/stream_info/stream_info.h"

namespace weir::proxy {

// Only a client with a certificate may keep or get the field, but for ALWAYS_FORWARD_ONLY. Values
// that would break the field's grammar are quoted; names with control characters are left out.
void ForwardClientCertificate(const config::HttpConnectionManager& config,
                              const stream_info::StreamInfo& stream, http::RequestHead& head);

}  // namespace weir::proxy
