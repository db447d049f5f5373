// HTTP/2 with prior knowledge, over nghttp2.
#pragma once

#include <memory>

#include "test/interop/client.h"

namespace weir::interop {

std::unique_ptr<Client> MakeHttp2Client(Socket socket);

}  // namespace weir::interop
