// The proxy_protocol listener filter: takes the addresses of a connection, and what its rules name
// of the TLVs, from the PROXY header that it begins with.
#pragma once

#include <span>

#include "source/filter/factories.h"
#include "source/stats/stats.h"

namespace weir::extensions::listener::proxy_protocol {

// proxy_proto.[<stat_prefix>.]*
struct Stats {
  stats::Counter not_found_disallowed, not_found_allowed;
  struct OfVersion {
    stats::Counter found, disallowed, error;
  } v1, v2;

  static std::span<const stats::Field> Fields();
};

void RegisterFactory(filter::Factories& factories);

}  // namespace weir::extensions::listener::proxy_protocol
