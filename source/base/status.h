// Status plumbing: the two macros that pass an error on, and constructors that take
// std::string_view.
//
// Setting things up (parsing, creating, binding) reports through absl::Status and absl::StatusOr.
// What goes wrong in flight is an http::StreamError instead. Thread-safe: everything here is a
// value.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "source/base/strings.h"

// Returns the status of `expr` from the enclosing function when it is not OK.
#define WEIR_RETURN_IF_ERROR(expr)                                                   \
  do {                                                                               \
    if (absl::Status weir_status_ = (expr); !weir_status_.ok()) return weir_status_; \
  } while (false)

#define WEIR_CONCAT_INNER_(a, b) a##b
#define WEIR_CONCAT_(a, b) WEIR_CONCAT_INNER_(a, b)

// `WEIR_ASSIGN_OR_RETURN(auto x, MakeX())`: declares or assigns, or returns the error.
#define WEIR_ASSIGN_OR_RETURN(lhs, expr) \
  WEIR_ASSIGN_OR_RETURN_INNER_(WEIR_CONCAT_(weir_status_or_, __LINE__), lhs, expr)
#define WEIR_ASSIGN_OR_RETURN_INNER_(var, lhs, expr) \
  auto var = (expr);                                 \
  if (!var.ok()) return var.status();                \
  lhs = *std::move(var)

namespace weir {

inline absl::Status InvalidArgument(std::string_view message) {
  return absl::InvalidArgumentError(ToAbsl(message));
}
inline absl::Status NotFound(std::string_view message) {
  return absl::NotFoundError(ToAbsl(message));
}
inline absl::Status Unavailable(std::string_view message) {
  return absl::UnavailableError(ToAbsl(message));
}
inline absl::Status Internal(std::string_view message) {
  return absl::InternalError(ToAbsl(message));
}
// From errno: "what: Address already in use".
absl::Status FromErrno(int error_number, std::string_view what);

// The message alone, as a std::string_view valid as long as `status`.
inline std::string_view MessageOf(const absl::Status& status) { return ToStd(status.message()); }

// The same code, with "context: " before the message.
absl::Status Annotate(const absl::Status& status, std::string_view context);

}  // namespace weir
