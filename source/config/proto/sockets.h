// How sockets are made: addresses to listen on and to connect from, and the kernel's options.
#pragma once

#include <memory>
#include <vector>

#include "envoy/config/core/v3/address.pb.h"
#include "envoy/config/core/v3/socket_option.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "source/config/cluster.h"
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

// What connections to hosts are made from. Not null.
std::shared_ptr<const UpstreamBind> DecodeBind(const envoy::config::core::v3::BindConfig& message,
                                               const Scope& scope);

}  // namespace weir::config::proto
