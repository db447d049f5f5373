// Runs a function instruction by instruction in a child process and counts what a request must not
// do: locked instructions, which keep a cache line from other cores, and calls of the allocator.
//
// The child is a fork, so that the function sees what was set up before; what it changes is lost.
// It has a second thread, as library code leaves locks out while a process has one. x86-64 alone.
#pragma once

#include <functional>
#include <map>
#include <string>

namespace weir::scenario {

struct StepResult {
  bool traced = false;  // False: this machine does not let processes be traced.
  uint64_t instructions = 0;
  // By the function of the program that they are charged to: the innermost one on the stack in a
  // namespace below weir.
  std::map<std::string, uint64_t> locked;
  std::map<std::string, uint64_t> allocations;
};

StepResult StepThrough(const std::function<void()>& run);

}  // namespace weir::scenario
