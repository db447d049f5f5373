// The levels of a route's configuration that change headers, in the order in which xDS evaluates
// them.
#pragma once

#include "source/router/route_index.h"

namespace weir::proxy {

// Calls apply(level) for weighted cluster, route, virtual host and table, or the other way round
// where the table asks for it. `decision` is one for a route.
template <typename Apply>
void ForEachLevel(const router::Decision& decision, const config::RouteTable& table, Apply apply) {
  if (table.most_specific_header_mutations_wins) {
    apply(table);
    apply(*decision.virtual_host);
    apply(*decision.route);
    if (decision.weighted != nullptr) apply(*decision.weighted);
  } else {
    if (decision.weighted != nullptr) apply(*decision.weighted);
    apply(*decision.route);
    apply(*decision.virtual_host);
    apply(table);
  }
}

}  // namespace weir::proxy
