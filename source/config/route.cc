#include "source/config/route.h"

#include <algorithm>

namespace weir::config {

std::optional<uint64_t> ReplayLimit::Of(uint64_t connection) const {
  if (bytes.has_value()) return bytes;
  if (!at_most.has_value()) return std::nullopt;
  return std::min<uint64_t>(*at_most, connection);
}

}  // namespace weir::config
