// Broken invariants end the process, in production too, with the place and what was expected.
//
// Never for untrusted input, a bad configuration or a failing system call: those have errors.
#pragma once

namespace weir {

// Writes "file:line: check failed: expression: why" to standard error and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* expression, const char* why);

}  // namespace weir

#define WEIR_CHECK(condition, why)                              \
  do {                                                          \
    if (!(condition)) [[unlikely]]                              \
      ::weir::CheckFailed(__FILE__, __LINE__, #condition, why); \
  } while (false)

// For hot paths: compiled away when NDEBUG is set.
#ifdef NDEBUG
#define WEIR_DCHECK(condition, why) \
  do {                              \
  } while (false && (condition))
#else
#define WEIR_DCHECK(condition, why) WEIR_CHECK(condition, why)
#endif
