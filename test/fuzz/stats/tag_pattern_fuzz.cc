// Regular expressions of tags, with look-aheads of their own, on names of statistics. Lines: an
// expression, a name.
#include "source/base/check.h"
#include "source/stats/tag_pattern.h"
#include "test/fuzz/lines.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = weir::TextOf(data, size);
  const auto pattern = weir::stats::TagPattern::Create(weir::TakeLine(rest));
  if (!pattern.ok()) {
    WEIR_CHECK(!pattern.status().message().empty(), "a refusal has a reason");
    return 0;
  }
  const auto found = (*pattern)->Find(rest);
  if (!found.has_value()) return 0;
  WEIR_CHECK(rest.find(found->removed) != std::string_view::npos, "what is removed is there");
  WEIR_CHECK(rest.find(found->value) != std::string_view::npos, "and so is the value");
  return 0;
}
