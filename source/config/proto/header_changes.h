// headers_to_add, headers_to_remove and mutations of headers as compiled changes.
#pragma once

#include <string>
#include <string_view>

#include "envoy/config/common/mutation_rules/v3/mutation_rules.pb.h"
#include "envoy/config/core/v3/base.pb.h"
#include "source/config/header_mutations.h"
#include "source/config/proto/scope.h"
#include "source/format/header_changes.h"

namespace weir::config::proto {

// `scope` is that of the message which has the two fields `add_name` and `remove_name`.
format::HeaderChanges DecodeHeaderChanges(
    const google::protobuf::RepeatedPtrField<envoy::config::core::v3::HeaderValueOption>& add,
    const google::protobuf::RepeatedPtrField<std::string>& remove, const Scope& scope,
    std::string_view add_name, std::string_view remove_name);

// `scope` is that of the message with the field `field`.
HeaderMutations DecodeHeaderMutations(
    const google::protobuf::RepeatedPtrField<
        envoy::config::common::mutation_rules::v3::HeaderMutation>& mutations,
    const Scope& scope, std::string_view field);

// As DecodeHeaderChanges for a message that has request_headers_to_add and the other three.
template <typename Message>
void DecodeAllHeaderChanges(const Message& message, const Scope& scope,
                            format::HeaderChanges& request, format::HeaderChanges& response) {
  request =
      DecodeHeaderChanges(message.request_headers_to_add(), message.request_headers_to_remove(),
                          scope, "request_headers_to_add", "request_headers_to_remove");
  response =
      DecodeHeaderChanges(message.response_headers_to_add(), message.response_headers_to_remove(),
                          scope, "response_headers_to_add", "response_headers_to_remove");
}

}  // namespace weir::config::proto
