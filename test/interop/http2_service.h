// HTTP/2 of an upstream: one connection, served until it ends. A request is answered when its
// answer is ready, whatever the order they came in.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "test/interop/message.h"
#include "test/interop/socket.h"

namespace weir::interop {

// Called for a request when it is whole, and then every few milliseconds until it gives an answer.
using Readiness = std::function<std::optional<Answer>()>;
using Http2Service = std::function<Readiness(const Request& request)>;

// `beginning`: what was read already.
void ServeHttp2(Socket& socket, std::string_view beginning, const Http2Service& service);

}  // namespace weir::interop
