// The host that a request asks for, as the TLS of its upstream connection names it.
#pragma once

#include <string_view>

#include "source/config/cluster.h"
#include "source/http/message.h"

namespace weir::proxy {

// Without the port; empty where `cluster` wants no names from requests (auto_sni,
// auto_san_validation). A view into `head`, whose authority is the one sent to the upstream. Pure.
std::string_view UpstreamName(const config::Cluster& cluster, const http::RequestHead& head);

}  // namespace weir::proxy
