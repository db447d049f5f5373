#include "source/extensions/access_logs/stream/stream.h"

#include <memory>
#include <string>

#include "source/extensions/access_logs/stream/config.h"
#include "source/filter/line_log.h"

namespace weir::extensions::access_logs::stream {

void RegisterFactory(filter::Factories& factories) {
  const auto make = [](const config::ExtensionConfig& config, filter::LogSinks& sinks) {
    const auto& stream = static_cast<const StreamAccessLogConfig&>(config);
    const bool out = stream.stream == StreamAccessLogConfig::Stream::kStdout;
    return std::make_shared<const filter::LineLog>(stream.format,
                                                   sinks.Open(out ? "/dev/stdout" : "/dev/stderr"));
  };
  factories.access_logs[std::string(kStdoutName)] = make;
  factories.access_logs[std::string(kStderrName)] = make;
}

}  // namespace weir::extensions::access_logs::stream
