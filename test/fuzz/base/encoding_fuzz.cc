// Bytes as text and back: base64, UTF-8, numbers, escapes.
#include <algorithm>
#include <string>

#include "source/base/check.h"
#include "source/base/encoding.h"
#include "source/base/strings.h"
#include "test/fuzz/lines.h"

namespace weir {
namespace {

void CheckBase64(std::string_view text) {
  const auto again = DecodeBase64(EncodeBase64(text));
  WEIR_CHECK(again.has_value() && *again == text, "base64 gives back what it was given");
  const auto bytes = DecodeBase64(text);
  if (!bytes.has_value()) return;
  WEIR_CHECK(bytes->size() <= text.size(), "base64 is longer than its bytes");
  WEIR_CHECK(DecodeBase64(EncodeBase64(*bytes)) == *bytes, "base64 is one of several spellings");
}

void CheckUtf8(std::string_view text) {
  const size_t valid = Utf8PrefixLength(text);
  WEIR_CHECK(valid <= text.size() && IsUtf8(text.substr(0, valid)), "the prefix is UTF-8");
  WEIR_CHECK(IsUtf8(text) == (valid == text.size()), "one rule of UTF-8");
  std::string json;
  AppendJsonEscaped(json, text);
  WEIR_CHECK(IsUtf8(json), "JSON is UTF-8");
  for (const char c : json) WEIR_CHECK(static_cast<uint8_t>(c) >= ' ', "a control in a string");
}

void CheckWords(std::string_view text) {
  std::string encoded;
  AppendPercentEncoded(encoded, text);
  WEIR_CHECK(encoded.size() >= text.size(), "an escape shortens nothing");
  const auto parts = Split(text, ',');
  WEIR_CHECK(Join(parts, ",") == text, "what was split can be joined");
  WEIR_CHECK(HasUpper(text) == (AsciiLower(text) != text), "lower case is lower");
  WEIR_CHECK(EqualsIgnoreCase(text, AsciiLower(text)), "case is nothing else");
  WEIR_CHECK(StartsWithIgnoreCase(text, AsciiLower(text.substr(0, text.size() / 2))), "a prefix");
  if (const auto number = ParseUint64(text)) {
    const size_t zeros = std::min(text.find_first_not_of('0'), text.size() - 1);
    WEIR_CHECK(StrCat(*number) == text.substr(zeros), "a number says the same again");
  }
  const std::string_view half = text.substr(0, std::min<size_t>(text.size(), 12));
  WEIR_CHECK(EditDistance(half, half) == 0, "nothing is changed");
  (void)Nearest(half, {"timeout", "idle_timeout", "", "max_stream_duration"});
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = weir::TextOf(data, size);
  weir::CheckBase64(text);
  weir::CheckUtf8(text);
  weir::CheckWords(text);
  return 0;
}
