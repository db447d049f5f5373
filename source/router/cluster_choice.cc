#include "source/router/cluster_choice.h"

#include <algorithm>

#include "source/base/strings.h"
#include "source/router/request_hash.h"

namespace weir::router {
namespace {

// What `field` (lower case) of the request says; empty without it.
std::string_view FieldOf(const http::RequestHead& head, std::string_view field) {
  return match::HeaderValue(head, field).value_or(std::string_view());
}

uint64_t NumberFor(const config::WeightedClusters& clusters,
                   std::span<const config::HashPolicy> hash_policy, const MatchInput& input) {
  uint64_t number = input.random;
  if (clusters.use_hash_policy) {
    const auto facts = match::MatchFacts::OfRequest(input.head, input.stream);
    number = HashOf(hash_policy, facts, 0, nullptr).value_or(number);
  }
  if (!clusters.random_field.empty()) {
    number = ParseUint64(FieldOf(input.head, clusters.random_field)).value_or(number);
  }
  return number;
}

// Of the clusters that `may_be` lets pass, whose weights add up to `total`, the one that `number`
// falls on.
template <typename MayBe>
const config::WeightedCluster& Fall(const config::WeightedClusters& clusters, uint64_t number,
                                    uint64_t total, const MayBe& may_be) {
  uint64_t rest = number % total;
  for (const config::WeightedCluster& cluster : clusters.clusters) {
    if (!may_be(cluster)) continue;
    if (rest < cluster.weight) return cluster;
    rest -= cluster.weight;
  }
  return clusters.clusters.back();  // Not reached.
}

const config::WeightedCluster& FallOnUntried(const config::WeightedClusters& clusters,
                                             std::vector<const config::WeightedCluster*>& tried,
                                             uint64_t random) {
  const auto untried = [&](const config::WeightedCluster& cluster) {
    return std::find(tried.begin(), tried.end(), &cluster) == tried.end();
  };
  uint64_t left = 0;
  for (const config::WeightedCluster& cluster : clusters.clusters) {
    if (untried(cluster)) left += cluster.weight;
  }
  if (left == 0) {
    tried.clear();
    left = clusters.total_weight;
  }
  return Fall(clusters, random, left, untried);
}

// What `names` says of the request; empty where it finds nothing.
std::string_view NameFor(const config::ClusterFromMatch& cluster, const MatchInput& input) {
  const std::string* const name =
      cluster.names == nullptr
          ? nullptr
          : cluster.names->Find(match::MatchFacts::OfRequest(input.head, input.stream));
  return name == nullptr ? std::string_view() : std::string_view(*name);
}

void TakeWeighted(const config::WeightedCluster& cluster, const http::RequestHead& head,
                  Decision& decision) {
  decision.weighted = &cluster;
  decision.cluster = cluster.cluster_field.empty() ? std::string_view(cluster.name)
                                                   : FieldOf(head, cluster.cluster_field);
}

}  // namespace

void ChooseCluster(const config::RouteAction& action, const MatchInput& input, Decision& decision) {
  if (const auto* name = std::get_if<config::ClusterName>(&action.cluster)) {
    decision.cluster = name->value;
  } else if (const auto* header = std::get_if<config::ClusterHeader>(&action.cluster)) {
    decision.cluster = FieldOf(input.head, header->field);
  } else if (const auto* from_match = std::get_if<config::ClusterFromMatch>(&action.cluster)) {
    decision.cluster = NameFor(*from_match, input);
  } else {
    const auto& weighted = std::get<config::WeightedClusters>(action.cluster);
    TakeWeighted(Fall(weighted, NumberFor(weighted, action.hash_policy, input),
                      weighted.total_weight, [](const auto&) { return true; }),
                 input.head, decision);
  }
}

void ChooseClusterAgain(const config::RouteAction& action, const MatchInput& input,
                        std::vector<const config::WeightedCluster*>& tried, Decision& decision) {
  if (const auto* weighted = std::get_if<config::WeightedClusters>(&action.cluster)) {
    if (decision.weighted != nullptr) tried.push_back(decision.weighted);
    TakeWeighted(FallOnUntried(*weighted, tried, input.random), input.head, decision);
    return;
  }
  ChooseCluster(action, input, decision);
}

}  // namespace weir::router
