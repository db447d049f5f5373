#include "source/format/time_format.h"

#include <ctime>

#include "source/base/status.h"

namespace weir::format {
namespace {

// The conversions of POSIX' strftime; %s is handled apart.
constexpr std::string_view kConversions = "aAbBcCdDeFgGhHIjklmMnprRStTuUVwWxXyYzZ%";

void AppendDigits(std::string& out, uint64_t value, int digits) {
  char text[20];
  for (int i = digits - 1; i >= 0; --i) {
    text[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(text, static_cast<size_t>(digits));
}

struct SplitTime {
  int64_t seconds;
  uint32_t nanoseconds;
};

SplitTime Split(event::SystemTime time) {
  const int64_t count =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  int64_t seconds = count / 1'000'000'000;
  int64_t rest = count % 1'000'000'000;
  if (rest < 0) {
    rest += 1'000'000'000;
    --seconds;
  }
  return {seconds, static_cast<uint32_t>(rest)};
}

void AppendDefault(std::string& out, SplitTime time) {
  const int64_t days_count =
      time.seconds >= 0 ? time.seconds / 86400 : (time.seconds - 86399) / 86400;
  const auto second = static_cast<uint64_t>(time.seconds - days_count * 86400);
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days_count}}};
  AppendDigits(out, static_cast<uint64_t>(static_cast<int>(date.year())), 4);
  out += '-';
  AppendDigits(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  AppendDigits(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  AppendDigits(out, second / 3600, 2);
  out += ':';
  AppendDigits(out, second / 60 % 60, 2);
  out += ':';
  AppendDigits(out, second % 60, 2);
  out += '.';
  AppendDigits(out, time.nanoseconds / 1'000'000, 3);
  out += 'Z';
}

void AppendFraction(std::string& out, uint32_t nanoseconds, int digits) {
  for (int i = digits; i < 9; ++i) nanoseconds /= 10;
  AppendDigits(out, nanoseconds, digits);
}

}  // namespace

absl::StatusOr<TimeFormat> TimeFormat::Create(std::string_view pattern, bool local) {
  TimeFormat format;
  format.local_ = local;
  if (pattern.empty()) pattern = local ? "%Y-%m-%dT%H:%M:%S.%3f%z" : "";
  std::string plain;
  const auto flush = [&] {
    if (!plain.empty()) format.segments_.push_back({Segment::Kind::kPattern, plain, 0});
    plain.clear();
  };
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      plain += pattern[i];
      continue;
    }
    const std::string_view rest = pattern.substr(i + 1);
    if (rest.starts_with('f')) {
      flush();
      format.segments_.push_back({Segment::Kind::kFraction, "", 9});
      i += 1;
    } else if (rest.size() >= 2 && rest[0] >= '1' && rest[0] <= '9' && rest[1] == 'f') {
      flush();
      format.segments_.push_back({Segment::Kind::kFraction, "", rest[0] - '0'});
      i += 2;
    } else if (rest.starts_with('s')) {
      flush();
      format.segments_.push_back({Segment::Kind::kEpochSeconds, "", 0});
      i += 1;
    } else if (!rest.empty() && kConversions.find(rest[0]) != std::string_view::npos) {
      plain.append({'%', rest[0]});
      i += 1;
    } else {
      return InvalidArgument(StrCat("time format '", pattern, "' has the unknown conversion '%",
                                    rest.substr(0, 1), "'"));
    }
  }
  flush();
  return format;
}

void TimeFormat::Append(std::string& out, event::SystemTime time) const {
  const SplitTime split = Split(time);
  if (segments_.empty()) {
    AppendDefault(out, split);
    return;
  }
  std::tm broken_down{};
  const std::time_t seconds = split.seconds;
  local_ ? localtime_r(&seconds, &broken_down) : gmtime_r(&seconds, &broken_down);
  for (const Segment& segment : segments_) {
    switch (segment.kind) {
      case Segment::Kind::kFraction:
        AppendFraction(out, split.nanoseconds, segment.digits);
        break;
      case Segment::Kind::kEpochSeconds:
        StrAppend(out, split.seconds);
        break;
      case Segment::Kind::kPattern: {
        char text[512];
        out.append(text, std::strftime(text, sizeof(text), segment.pattern.c_str(), &broken_down));
      }
    }
  }
}

}  // namespace weir::format
