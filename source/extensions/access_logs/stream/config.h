// envoy.extensions.access_loggers.stream.v3.{Stdout,Stderr}AccessLog: a log line a request to
// standard output or error.
#pragma once

#include <string_view>

#include "source/config/extension.h"
#include "source/format/log_format.h"

namespace weir::config::proto {
class ExtensionDecoders;
}

namespace weir::extensions::access_logs::stream {

inline constexpr std::string_view kStdoutName = "envoy.access_loggers.stdout";
inline constexpr std::string_view kStderrName = "envoy.access_loggers.stderr";

struct StreamAccessLogConfig final : config::ExtensionConfig {
  enum class Stream : unsigned char { kStdout, kStderr } stream = Stream::kStdout;
  format::LogFormat format;

  std::string_view extension_name() const override {
    return stream == Stream::kStdout ? kStdoutName : kStderrName;
  }
  bool Equals(const config::ExtensionConfig& other) const override;
};

void RegisterDecoder(config::proto::ExtensionDecoders& decoders);

}  // namespace weir::extensions::access_logs::stream
