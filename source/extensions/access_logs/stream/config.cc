#include "source/extensions/access_logs/stream/config.h"

#include "envoy/extensions/access_loggers/stream/v3/stream.pb.h"
#include "source/config/proto/extension_decoders.h"
#include "source/config/proto/log_format.h"

namespace weir::extensions::access_logs::stream {
namespace {

namespace pb = envoy::extensions::access_loggers::stream::v3;
using Stream = StreamAccessLogConfig::Stream;

template <typename Message, Stream kStream>
std::shared_ptr<const config::ExtensionConfig> Decode(const Message& message,
                                                      const config::proto::Scope& scope) {
  auto decoded = std::make_shared<StreamAccessLogConfig>();
  decoded->stream = kStream;
  if (message.has_log_format()) {
    std::optional<format::LogFormat> log_format =
        config::proto::DecodeLogFormat(message.log_format(), scope.Field("log_format"));
    if (!log_format.has_value()) return nullptr;
    decoded->format = *std::move(log_format);
  }
  return decoded;
}

}  // namespace

bool StreamAccessLogConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const StreamAccessLogConfig*>(&other);
  return same != nullptr && stream == same->stream && format == same->format;
}

void RegisterDecoder(config::proto::ExtensionDecoders& decoders) {
  using Category = config::proto::ExtensionDecoders::Category;
  decoders.Add<pb::StdoutAccessLog>(Category::kAccessLog,
                                    Decode<pb::StdoutAccessLog, Stream::kStdout>);
  decoders.Add<pb::StderrAccessLog>(Category::kAccessLog,
                                    Decode<pb::StderrAccessLog, Stream::kStderr>);
}

}  // namespace weir::extensions::access_logs::stream
