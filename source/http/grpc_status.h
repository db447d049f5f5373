// What HTTP says to gRPC: requests of it, and the status that stands for an HTTP status (gRPC's
// statuscodes document). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "source/http/header_map.h"

namespace weir::http {

// content-type application/grpc, also with a suffix or parameters.
bool IsGrpcRequest(const HeaderMap& headers);

// 0 to 16; 2 (unknown) for what has no counterpart.
uint32_t GrpcStatusOf(uint16_t http_status);

// grpc-message: bytes beside visible ASCII and '%' as escapes.
std::string EncodeGrpcMessage(std::string_view text);

}  // namespace weir::http
