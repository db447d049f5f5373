#include "source/stream_info/response_flag.h"

#include <array>

namespace weir::stream_info {
namespace {

struct Names {
  std::string_view short_name;
  std::string_view long_name;
};

constexpr std::array<Names, static_cast<size_t>(ResponseFlag::kCount)> kNames = {{
#define WEIR_FLAG_NAMES(id, short_name, long_name) {short_name, long_name},
    WEIR_RESPONSE_FLAGS(WEIR_FLAG_NAMES)
#undef WEIR_FLAG_NAMES
}};
static_assert(static_cast<size_t>(ResponseFlag::kCount) <= 32, "the set is one uint32_t");

void AppendNames(std::string& out, ResponseFlags flags, std::string_view Names::* name) {
  if (flags.empty()) {
    out += '-';
    return;
  }
  bool first = true;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (!flags.Has(static_cast<ResponseFlag>(i))) continue;
    if (!first) out += ',';
    first = false;
    out += kNames[i].*name;
  }
}

}  // namespace

std::optional<ResponseFlag> ResponseFlagNamed(std::string_view short_name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i].short_name == short_name) return static_cast<ResponseFlag>(i);
  }
  return std::nullopt;
}

void ResponseFlags::AppendShortNames(std::string& out) const {
  AppendNames(out, *this, &Names::short_name);
}

void ResponseFlags::AppendLongNames(std::string& out) const {
  AppendNames(out, *this, &Names::long_name);
}

}  // namespace weir::stream_info
