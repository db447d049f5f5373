// xds.type.matcher.v3.Matcher to a match::MatchTree.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "google/protobuf/any.pb.h"
#include "source/config/proto/match_input.h"
#include "source/config/proto/scope.h"
#include "source/match/match_tree.h"
#include "xds/type/matcher/v3/matcher.pb.h"

namespace weir::config::proto {

// Gives the number of an action; `scope` is that of the Any.
using ActionDecoder =
    std::function<match::ActionNumber(const google::protobuf::Any& action, const Scope& scope)>;

// Adds errors to the scope; the result is complete only without, and never null.
std::shared_ptr<const match::MatchTree> DecodeMatchTree(
    const xds::type::matcher::v3::Matcher& message, const Scope& scope, MatchStage stage,
    const ActionDecoder& decode_action);

// With its actions: `decode` makes an Action of an Any and its scope.
template <typename Action, typename Decode>
match::ActionTree<Action> DecodeActionTree(const xds::type::matcher::v3::Matcher& message,
                                           const Scope& scope, MatchStage stage, Decode decode) {
  match::ActionTree<Action> decoded;
  decoded.tree = DecodeMatchTree(
      message, scope, stage, [&](const google::protobuf::Any& action, const Scope& at) {
        decoded.actions.push_back(decode(action, at));
        return static_cast<match::ActionNumber>(decoded.actions.size() - 1);
      });
  return decoded;
}

}  // namespace weir::config::proto
