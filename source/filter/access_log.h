// Access logs: one record a stream, written when it ended.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "source/format/formatter.h"

namespace weir::filter {

// Where lines go: a file or a standard stream, shared by everyone who names it. Write copies the
// line into the calling thread's batch and never blocks on the disk; a writer thread takes the
// batches. Any thread.
class LogSink {
 public:
  virtual ~LogSink() = default;
  // One line with its line break.
  virtual void Write(std::string_view line) = 0;
};

// The sinks of the process by path; "/dev/stdout" and "/dev/stderr" are the standard streams.
class LogSinks {
 public:
  virtual ~LogSinks() = default;
  // Never fails: a file that cannot be opened is reported once and counted, and its lines are
  // dropped.
  virtual std::shared_ptr<LogSink> Open(const std::string& path) = 0;
  // The same for a file that its owner alone may read, where it is made.
  virtual std::shared_ptr<LogSink> OpenPrivate(const std::string& path) = 0;
};

// Immutable; shared by workers.
class AccessLog {
 public:
  virtual ~AccessLog() = default;
  virtual void Log(const format::FormatContext& context) const = 0;
};

}  // namespace weir::filter
