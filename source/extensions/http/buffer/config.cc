#include "source/extensions/http/buffer/config.h"

#include "envoy/extensions/filters/http/buffer/v3/buffer.pb.h"
#include "source/config/proto/extension_decoders.h"

namespace weir::extensions::http::buffer {
namespace {

namespace pb = envoy::extensions::filters::http::buffer::v3;
using config::proto::ExtensionDecoders;
using config::proto::Scope;

std::shared_ptr<const config::ExtensionConfig> Decode(const pb::Buffer& message, const Scope&) {
  auto decoded = std::make_shared<BufferConfig>();
  decoded->max_request_bytes = message.max_request_bytes().value();
  return decoded;
}

std::shared_ptr<const config::ExtensionConfig> DecodeRoute(const pb::BufferPerRoute& message,
                                                           const Scope& scope) {
  auto decoded = std::make_shared<BufferRouteConfig>();
  switch (message.override_case()) {
    case pb::BufferPerRoute::kDisabled:
      if (!message.disabled()) scope.Field("disabled").Error("must be true", "false");
      break;
    case pb::BufferPerRoute::kBuffer:
      decoded->max_request_bytes = message.buffer().max_request_bytes().value();
      break;
    case pb::BufferPerRoute::OVERRIDE_NOT_SET:
      scope.Error("a value is missing: disabled or buffer");
      break;
  }
  return decoded;
}

}  // namespace

bool BufferConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const BufferConfig*>(&other);
  return same != nullptr && max_request_bytes == same->max_request_bytes;
}

bool BufferRouteConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const BufferRouteConfig*>(&other);
  return same != nullptr && max_request_bytes == same->max_request_bytes;
}

void RegisterDecoder(ExtensionDecoders& decoders) {
  decoders.Add<pb::Buffer>(ExtensionDecoders::Category::kHttpFilter, Decode);
  decoders.Add<pb::BufferPerRoute>(ExtensionDecoders::Category::kRouteFilter, DecodeRoute);
}

}  // namespace weir::extensions::http::buffer
