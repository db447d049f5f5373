// The filter chains of a listener compiled for matching: connection facts in, chain out. Pure,
// immutable.
//
// Criteria are taken in the order of FilterChainMatch's documentation (destination port,
// destination range, server name, transport protocol, application protocol, direct source range,
// source type, source range, source port); at each the most specific value that matches is
// followed, without going back.
//
// Where the listener has a filter_chain_matcher, that chooses instead.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/config/listener.h"
#include "source/match/match_tree.h"
#include "source/stream_info/stream_info.h"

namespace weir::router {

class ChainIndex {
 public:
  using ChainMatcher = std::optional<match::ActionTree<std::string>>;

  // Two chains with the same match are an error that names both, and so is a name in `matcher` that
  // no chain has.
  static absl::StatusOr<std::shared_ptr<const ChainIndex>> Create(
      const std::vector<std::shared_ptr<const config::FilterChain>>& chains,
      std::shared_ptr<const config::FilterChain> default_chain,
      const ChainMatcher& matcher = std::nullopt);
  ~ChainIndex();

  // The chain for the connection, the default one, or null.
  const std::shared_ptr<const config::FilterChain>& Match(
      const stream_info::ConnectionInfo& connection) const;

 private:
  struct Node;
  ChainIndex();
  absl::Status SetMatcher(const match::ActionTree<std::string>& matcher,
                          const std::vector<std::shared_ptr<const config::FilterChain>>& chains);

  std::unique_ptr<const Node> root_;  // Null: `matcher_` chooses.
  std::shared_ptr<const match::MatchTree> matcher_;
  // What its actions name.
  std::vector<std::shared_ptr<const config::FilterChain>> matched_chains_;
  std::shared_ptr<const config::FilterChain> default_chain_;
};

}  // namespace weir::router
