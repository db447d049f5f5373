// What a run has to tell: a trace of what happened, in virtual time, and what must not have
// happened. One run, one thread.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "source/event/loop.h"

namespace weir::sim {

class Journal {
 public:
  explicit Journal(const event::Loop& loop) : loop_(loop), start_(loop.Now()) {}

  // One line of the trace; only the newest lines are kept.
  void Note(std::string_view line);
  // An invariant is broken. The run goes on, as what follows often explains it.
  void Fail(std::string_view what);

  bool failed() const { return !failures_.empty(); }
  const std::vector<std::string>& failures() const { return failures_; }
  const std::deque<std::string>& trace() const { return trace_; }

 private:
  std::string Stamped(std::string_view line) const;

  const event::Loop& loop_;
  const event::MonotonicTime start_;
  std::vector<std::string> failures_;
  std::deque<std::string> trace_;
};

}  // namespace weir::sim
