// The version of the three programs.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::exe {

inline constexpr std::string_view kVersion = "0.1.0";
// Its parts times 10000, 100 and 1, for the gauge server.version.
inline constexpr uint32_t kVersionNumber = 100;

}  // namespace weir::exe
