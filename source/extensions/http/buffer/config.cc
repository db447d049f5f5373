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

}  // namespace

bool BufferConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const BufferConfig*>(&other);
  return same != nullptr && max_request_bytes == same->max_request_bytes;
}

void RegisterDecoder(ExtensionDecoders& decoders) {
  decoders.Add<pb::Buffer>(ExtensionDecoders::Category::kHttpFilter, Decode);
}

}  // namespace weir::extensions::http::buffer
