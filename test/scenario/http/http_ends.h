// The makers of the two versions. Private to this folder.
#pragma once

#include <memory>

#include "test/scenario/http/http_end.h"

namespace weir::scenario {

std::unique_ptr<HttpEnd> MakeHttp1End(Peer& peer, bool client);
std::unique_ptr<HttpEnd> MakeHttp2End(Peer& peer, bool client);

}  // namespace weir::scenario
