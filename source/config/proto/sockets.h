// How sockets are made: addresses to listen on and the kernel's options.
#pragma once

#include <vector>

#include "envoy/config/core/v3/socket_option.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "source/config/listener.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

using SocketOptionMessages =
    google::protobuf::RepeatedPtrField<envoy::config::core::v3::SocketOption>;

// Those that are for streams; `scope` is that of the message that has them as `socket_options`.
std::vector<net::SocketOption> DecodeSocketOptions(const SocketOptionMessages& messages,
                                                   const Scope& scope);

// The addresses of `message` into `listener`.
void DecodeListenAddresses(const envoy::config::listener::v3::Listener& message, const Scope& scope,
                           Listener& listener);

}  // namespace weir::config::proto
