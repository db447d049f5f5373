// The filter chains of a listener compiled for matching: connection facts in, chain out. Pure,
// immutable.
//
// Criteria are taken in the order of FilterChainMatch's documentation (destination port,
// destination range, server name, transport protocol, application protocol, direct source range,
// source type, source range, source port); at each the most specific value that matches is
// followed, without going back.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "source/config/listener.h"
#include "source/stream_info/stream_info.h"

namespace weir::router {

class ChainIndex {
 public:
  // Two chains with the same match are an error that names both.
  static absl::StatusOr<std::shared_ptr<const ChainIndex>> Create(
      const std::vector<std::shared_ptr<const config::FilterChain>>& chains,
      std::shared_ptr<const config::FilterChain> default_chain);
  ~ChainIndex();

  // The chain for the connection, the default one, or null.
  const std::shared_ptr<const config::FilterChain>& Match(
      const stream_info::ConnectionInfo& connection) const;

 private:
  struct Node;
  ChainIndex();
  std::unique_ptr<const Node> root_;
  std::shared_ptr<const config::FilterChain> default_chain_;
};

}  // namespace weir::router
