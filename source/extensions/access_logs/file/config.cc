#include "source/extensions/access_logs/file/config.h"

#include "envoy/extensions/access_loggers/file/v3/file.pb.h"
#include "source/config/proto/extension_decoders.h"
#include "source/config/proto/log_format.h"

namespace weir::extensions::access_logs::file {
namespace {

using Pb = envoy::extensions::access_loggers::file::v3::FileAccessLog;

std::optional<format::LogFormat> DecodeFormat(const Pb& message,
                                              const config::proto::Scope& scope) {
  using config::proto::DecodeJsonFormat;
  switch (message.access_log_format_case()) {
    case Pb::kFormat:
      if (message.format().empty()) return format::LogFormat();
      return config::proto::DecodeTextFormat(message.format(), false, scope.Field("format"));
    case Pb::kJsonFormat:
      return DecodeJsonFormat(message.json_format(), false, scope.Field("json_format"));
    case Pb::kTypedJsonFormat:
      return DecodeJsonFormat(message.typed_json_format(), false, scope.Field("typed_json_format"));
    case Pb::kLogFormat:
      return config::proto::DecodeLogFormat(message.log_format(), scope.Field("log_format"));
    case Pb::ACCESS_LOG_FORMAT_NOT_SET:
      break;
  }
  return format::LogFormat();
}

std::shared_ptr<const config::ExtensionConfig> Decode(const Pb& message,
                                                      const config::proto::Scope& scope) {
  std::optional<format::LogFormat> log_format = DecodeFormat(message, scope);
  if (!log_format.has_value()) return nullptr;
  auto decoded = std::make_shared<FileAccessLogConfig>();
  decoded->path = message.path();
  decoded->format = *std::move(log_format);
  return decoded;
}

}  // namespace

bool FileAccessLogConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const FileAccessLogConfig*>(&other);
  return same != nullptr && path == same->path && format == same->format;
}

void RegisterDecoder(config::proto::ExtensionDecoders& decoders) {
  decoders.Add<Pb>(config::proto::ExtensionDecoders::Category::kAccessLog, Decode);
}

}  // namespace weir::extensions::access_logs::file
