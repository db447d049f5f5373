#include "test/sim/journal.h"

#include "source/base/strings.h"

namespace weir::sim {
namespace {

constexpr size_t kTraceLines = 4000;
constexpr size_t kMostFailures = 20;  // One bug often shows in every request that follows.

}  // namespace

std::string Journal::Stamped(std::string_view line) const {
  const auto at = std::chrono::duration_cast<std::chrono::microseconds>(loop_.Now() - start_);
  std::string stamp = StrCat(at.count() / 1000);
  stamp.insert(0, stamp.size() < 6 ? 6 - stamp.size() : 0, ' ');
  return StrCat(stamp, ".", at.count() % 1000 / 100, " ms  ", line);
}

void Journal::Note(std::string_view line) {
  trace_.push_back(Stamped(line));
  if (trace_.size() > kTraceLines) trace_.pop_front();
}

void Journal::Fail(std::string_view what) {
  if (failures_.size() < kMostFailures) failures_.push_back(Stamped(what));
  Note(StrCat("BROKEN: ", what));
}

}  // namespace weir::sim
