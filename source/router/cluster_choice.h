// Which cluster a route's request goes to. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "source/config/route.h"
#include "source/router/route_index.h"

namespace weir::router {

// Sets the cluster of a decision for `action`.
void ChooseCluster(const config::RouteAction& action, const MatchInput& input, Decision& decision);

// The same for another try (refresh_cluster_on_retry). Of weighted clusters one that is not among
// `tried`, to which that of `decision` is added first, each as likely as its weight has it; when
// all were tried, the list begins anew. What a field or a tree names, as it is now. The random
// number of `input` is drawn anew.
void ChooseClusterAgain(const config::RouteAction& action, const MatchInput& input,
                        std::vector<const config::WeightedCluster*>& tried, Decision& decision);

}  // namespace weir::router
