#include "source/config/proto/extensions.h"

#include "envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.pb.h"
#include "source/schema/text_to_proto.h"

namespace weir::config::proto {
namespace {

std::string_view NameOf(ExtensionDecoders::Category category) {
  switch (category) {
    case ExtensionDecoders::Category::kHttpFilter:
      return "an HTTP filter";
    case ExtensionDecoders::Category::kRouteFilter:
      return "a route's configuration of an HTTP filter";
    case ExtensionDecoders::Category::kNetworkFilter:
      return "a network filter";
    case ExtensionDecoders::Category::kListenerFilter:
      return "a listener filter";
    case ExtensionDecoders::Category::kAccessLog:
      return "an access log";
    case ExtensionDecoders::Category::kDownstreamTransportSocket:
      return "a transport socket of a filter chain";
    case ExtensionDecoders::Category::kUpstreamTransportSocket:
      return "a transport socket of a cluster";
    case ExtensionDecoders::Category::kResourceMonitor:
      return "a resource monitor";
  }
  return "";
}

}  // namespace

std::unique_ptr<google::protobuf::Message> UnpackAny(const google::protobuf::Any& any,
                                                     const Scope& scope) {
  if (any.type_url().empty()) {
    scope.Error("a configuration with its type is missing");
    return nullptr;
  }
  schema::Diagnostics& diagnostics = scope.context().diagnostics;
  return schema::UnpackGenerated(any, diagnostics, scope.path());
}

std::shared_ptr<const ExtensionConfig> DecodeExtension(const google::protobuf::Any& any,
                                                       ExtensionDecoders::Category category,
                                                       const Scope& scope) {
  if (any.type_url().empty()) {
    scope.Error("a configuration with its type is missing");
    return nullptr;
  }
  const std::string type = schema::ExtensionTypeName(any);
  const ExtensionDecoders::Entry* const entry = scope.context().extensions.Find(type);
  if (entry == nullptr) {
    scope.Error(StrCat("extension ", type, " is not supported as ", NameOf(category)));
    return nullptr;
  }
  if (entry->category != category) {
    scope.Error(StrCat("is not ", NameOf(category), " but ", NameOf(entry->category)), type);
    return nullptr;
  }
  const std::unique_ptr<google::protobuf::Message> message = UnpackAny(any, scope);
  return message == nullptr ? nullptr : entry->decode(*message, scope);
}

std::shared_ptr<const ExtensionConfig> DecodeTransportSocket(
    const envoy::config::core::v3::TransportSocket& socket, ExtensionDecoders::Category category,
    const Scope& scope) {
  using RawBuffer = envoy::extensions::transport_sockets::raw_buffer::v3::RawBuffer;
  const Scope at = scope.Field("typed_config");
  if (schema::ExtensionTypeName(socket.typed_config()) == RawBuffer::descriptor()->full_name()) {
    (void)Unpack<RawBuffer>(socket.typed_config(), at);
    return nullptr;
  }
  return DecodeExtension(socket.typed_config(), category, at);
}

}  // namespace weir::config::proto
