// What stands in an `Any`: built-in messages, and extensions by their registered decoders.
#pragma once

#include <memory>
#include <string_view>

#include "envoy/config/core/v3/base.pb.h"
#include "google/protobuf/any.pb.h"
#include "source/base/strings.h"
#include "source/config/extension.h"
#include "source/config/proto/extension_decoders.h"
#include "source/config/proto/scope.h"
#include "source/schema/text_to_proto.h"

namespace weir::config::proto {

// The generated message in `any`, of whatever type, also when it stands in a TypedStruct. Null
// after an error at `scope`.
std::unique_ptr<google::protobuf::Message> UnpackAny(const google::protobuf::Any& any,
                                                     const Scope& scope);

// As UnpackAny; another type than `Message` is an error.
template <typename Message>
std::unique_ptr<Message> Unpack(const google::protobuf::Any& any, const Scope& scope) {
  std::unique_ptr<google::protobuf::Message> message = UnpackAny(any, scope);
  if (message == nullptr) return nullptr;
  if (message->GetDescriptor() != Message::descriptor()) {
    scope.Error(StrCat("must be a ", Message::descriptor()->full_name()),
                message->GetDescriptor()->full_name());
    return nullptr;
  }
  return std::unique_ptr<Message>(static_cast<Message*>(message.release()));
}

// An extension of one category: `scope` is that of the Any. Null after an error.
std::shared_ptr<const ExtensionConfig> DecodeExtension(const google::protobuf::Any& any,
                                                       ExtensionDecoders::Category category,
                                                       const Scope& scope);

// A transport socket: null for raw_buffer, and after an error.
std::shared_ptr<const ExtensionConfig> DecodeTransportSocket(
    const envoy::config::core::v3::TransportSocket& socket, ExtensionDecoders::Category category,
    const Scope& scope);

}  // namespace weir::config::proto
