#include "source/base/status.h"

#include <system_error>

namespace weir {

absl::Status FromErrno(int error_number, std::string_view what) {
  const std::string text = StrCat(what, ": ", std::system_category().message(error_number));
  switch (error_number) {
    case EADDRINUSE:
    case EEXIST:
      return absl::AlreadyExistsError(text);
    case ENOENT:
      return absl::NotFoundError(text);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(text);
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return absl::ResourceExhaustedError(text);
    default:
      return absl::UnavailableError(text);
  }
}

absl::Status Annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  return absl::Status(status.code(), StrCat(context, ": ", MessageOf(status)));
}

}  // namespace weir
