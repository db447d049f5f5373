// envoy.extensions.access_loggers.file.v3.FileAccessLog: a log line a request, appended to a file.
#pragma once

#include <string>
#include <string_view>

#include "source/config/extension.h"
#include "source/format/log_format.h"

namespace weir::config::proto {
class ExtensionDecoders;
}

namespace weir::extensions::access_logs::file {

inline constexpr std::string_view kName = "envoy.access_loggers.file";

struct FileAccessLogConfig final : config::ExtensionConfig {
  std::string path;
  format::LogFormat format;

  std::string_view extension_name() const override { return kName; }
  bool Equals(const config::ExtensionConfig& other) const override;
};

void RegisterDecoder(config::proto::ExtensionDecoders& decoders);

}  // namespace weir::extensions::access_logs::file
