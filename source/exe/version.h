// The version of the three programs.
#pragma once

#include <string_view>

namespace weir::exe {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace weir::exe
