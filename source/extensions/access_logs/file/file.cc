#include "source/extensions/access_logs/file/file.h"

#include <memory>
#include <string>

#include "source/extensions/access_logs/file/config.h"
#include "source/filter/line_log.h"

namespace weir::extensions::access_logs::file {

void RegisterFactory(filter::Factories& factories) {
  factories.access_logs[std::string(kName)] = [](const config::ExtensionConfig& config,
                                                 filter::LogSinks& sinks) {
    const auto& file = static_cast<const FileAccessLogConfig&>(config);
    return std::make_shared<const filter::LineLog>(file.format, sinks.Open(file.path));
  };
}

}  // namespace weir::extensions::access_logs::file
