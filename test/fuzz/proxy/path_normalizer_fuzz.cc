// The path normaliser: what it gives is normal, within the bounds of what came in, and no other
// path when it is normalised again. The first input byte chooses the switches.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "source/base/check.h"
#include "source/proxy/path_normalizer.h"

namespace {

using weir::config::PathStep;
using weir::proxy::NormalizePath;
using weir::proxy::PathOutcome;
using Slashes = weir::config::PathNormalization;

// The steps that `bits` choose, by their two orders.
std::vector<PathStep> StepsOf(unsigned bits) {
  std::vector<PathStep> steps;
  if ((bits & 1) != 0) steps.push_back(PathStep::kNormalize);
  if ((bits & 2) != 0) steps.push_back(PathStep::kMergeSlashes);
  if ((bits & 16) != 0) std::reverse(steps.begin(), steps.end());
  return steps;
}

void CheckNormal(const std::vector<PathStep>& steps, std::string_view path) {
  const std::string_view plain = path.substr(0, path.find('?'));
  WEIR_CHECK(plain.starts_with('/'), "the path begins with a slash");
  if (std::find(steps.begin(), steps.end(), PathStep::kNormalize) != steps.end()) {
    for (const std::string_view segment : {"/./", "/../"}) {
      WEIR_CHECK(plain.find(segment) == std::string_view::npos, "a dot segment was left");
    }
    WEIR_CHECK(!plain.ends_with("/.") && !plain.ends_with("/.."), "a dot segment was left");
    WEIR_CHECK(plain.find('\\') == std::string_view::npos, "a backslash was left");
  }
  if (!steps.empty() && steps.back() == PathStep::kMergeSlashes) {
    WEIR_CHECK(plain.find("//") == std::string_view::npos, "two slashes were left");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::vector<PathStep> steps = StepsOf(data[0]);
  const auto slashes = static_cast<Slashes>(data[0] >> 2 & 3);
  const std::string given = "/" + std::string(reinterpret_cast<const char*>(data) + 1, size - 1);
  weir::buffer::BlockPool pool;
  weir::buffer::Arena arena(pool);
  std::string_view path = given;
  const PathOutcome outcome = NormalizePath(steps, slashes, arena, path);
  if (outcome == PathOutcome::kRefused) {
    WEIR_CHECK(slashes == Slashes::kReject, "nothing else refuses");
    return 0;
  }
  WEIR_CHECK(path.size() <= given.size(), "a path never grows");
  WEIR_CHECK((outcome == PathOutcome::kUnchanged) == (path == given),
             "the outcome is what happened");
  const size_t query = given.find('?');
  if (query != std::string::npos) {
    WEIR_CHECK(path.ends_with(std::string_view(given).substr(query)), "the query is untouched");
  }
  CheckNormal(steps, path);
  std::string_view again = path;
  NormalizePath(steps, slashes, arena, again);
  CheckNormal(steps, again);
  return 0;
}
