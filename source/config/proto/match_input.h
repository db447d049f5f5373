// The inputs of match trees, and the tests of their values.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "source/config/proto/scope.h"
#include "source/match/match_tree.h"
#include "xds/core/v3/extension.pb.h"

namespace weir::config::proto {

// When a tree is asked, which decides what its inputs can know.
enum class MatchStage : uint8_t {
  kConnection,  // Before a filter chain is chosen: no TLS, no request.
  kRequest,
};

// Nothing after an error, as for the other functions.
std::optional<match::DataInput> DecodeDataInput(const xds::core::v3::TypedExtensionConfig& message,
                                                const Scope& scope, MatchStage stage);
// custom_match of a single_predicate.
std::optional<decltype(match::InputTest::test)> DecodeCustomTest(
    const xds::core::v3::TypedExtensionConfig& message, const Scope& scope);

}  // namespace weir::config::proto
