// Wall time as text by a strftime pattern with fractions of a second. Immutable after Create, any
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/event/clock.h"

namespace weir::format {

class TimeFormat {
 public:
  // 2024-02-29T12:30:00.250Z
  TimeFormat() = default;
  // strftime(3) in UTC (or the machine's zone), and: %s seconds since 1970, %f nanoseconds, %1f to
  // %9f that many digits of the fraction of a second. An empty pattern is the default one. The
  // error names what strftime does not know.
  static absl::StatusOr<TimeFormat> Create(std::string_view pattern, bool local);

  void Append(std::string& out, event::SystemTime time) const;

 private:
  struct Segment {
    enum class Kind : unsigned char { kPattern, kFraction, kEpochSeconds } kind = Kind::kPattern;
    std::string pattern;  // for strftime
    int digits = 9;       // of the fraction
  };
  bool local_ = false;
  std::vector<Segment> segments_;  // Empty: the default form.
};

}  // namespace weir::format
