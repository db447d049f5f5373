// The access log that puts each record as one line into a sink: what the file and the stream
// extension share.
#pragma once

#include <memory>
#include <utility>

#include "source/filter/access_log.h"
#include "source/format/log_format.h"

namespace weir::filter {

class LineLog final : public AccessLog {
 public:
  LineLog(format::LogFormat format, std::shared_ptr<LogSink> sink)
      : format_(std::move(format)), sink_(std::move(sink)) {}

  void Log(const format::FormatContext& context) const override {
    // Reused by every record of the thread.
    static thread_local std::string line;
    line.clear();
    format_.Append(line, context);
    sink_->Write(line);
  }

 private:
  const format::LogFormat format_;
  const std::shared_ptr<LogSink> sink_;
};

}  // namespace weir::filter
