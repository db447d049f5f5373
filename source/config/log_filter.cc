#include "source/config/log_filter.h"

namespace weir::config {

bool Comparison::Holds(uint64_t of) const {
  switch (op) {
    case Op::kEqual:
      return of == value;
    case Op::kAtLeast:
      return of >= value;
    case Op::kAtMost:
      return of <= value;
    case Op::kNotEqual:
      return of != value;
  }
  return false;
}

bool operator==(const AllFilter& a, const AllFilter& b) { return a.filters == b.filters; }
bool operator==(const AnyFilter& a, const AnyFilter& b) { return a.filters == b.filters; }

void ResponseFlagFilter::Add(std::string_view short_name) {
  any = false;
  const auto flag = stream_info::ResponseFlagNamed(short_name);
  if (flag.has_value()) flags.Set(*flag);
}

bool operator==(const AccessLog& a, const AccessLog& b) {
  if (a.name != b.name || !SameConfig(a.config, b.config)) return false;
  return a.filter == b.filter ||
         (a.filter != nullptr && b.filter != nullptr && *a.filter == *b.filter);
}

}  // namespace weir::config
