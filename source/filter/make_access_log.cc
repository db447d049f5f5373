#include "source/filter/make_access_log.h"

#include <utility>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/filter/log_predicate.h"

namespace weir::filter {
namespace {

// Writes what its filter lets pass.
class FilteredLog final : public AccessLog {
 public:
  FilteredLog(std::shared_ptr<const config::LogFilter> filter, std::shared_ptr<const AccessLog> log)
      : filter_(std::move(filter)), log_(std::move(log)) {}

  void Log(const format::FormatContext& context) const override {
    if (Holds(*filter_, context)) log_->Log(context);
  }

 private:
  const std::shared_ptr<const config::LogFilter> filter_;
  const std::shared_ptr<const AccessLog> log_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const AccessLog>> MakeAccessLog(const Factories& factories,
                                                               const config::AccessLog& log,
                                                               LogSinks& sinks) {
  const auto make = factories.access_logs.find(log.config->extension_name());
  if (make == factories.access_logs.end()) {
    return InvalidArgument(
        StrCat("this program has no access log \"", log.config->extension_name(), "\""));
  }
  WEIR_ASSIGN_OR_RETURN(std::shared_ptr<const AccessLog> made, make->second(*log.config, sinks));
  if (log.filter == nullptr) return made;
  return std::make_shared<const FilteredLog>(log.filter, std::move(made));
}

}  // namespace weir::filter
