// The parser of access-log formats: any text is compiled or refused with a reason, and what was
// compiled formats a request and gives its source back.
#include <cstdint>
#include <string>

#include "source/base/check.h"
#include "source/format/formatter.h"
#include "test/format/sample_stream.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto formatter = weir::format::Formatter::Create(text);
  if (!formatter.ok()) {
    WEIR_CHECK(!formatter.status().message().empty(), "a refusal has a reason");
    return 0;
  }
  WEIR_CHECK(formatter->source() == text, "the source is kept");
  static weir::format::SampleStream& sample = *new weir::format::SampleStream();
  std::string full, sparse, bare;
  formatter->Append(full, sample.Context());
  formatter->Append(sparse, sample.Context(), true);
  formatter->Append(bare, {.info = sample.info});
  const std::string* const literal = formatter->literal();
  if (literal != nullptr) WEIR_CHECK(full == *literal && bare == *literal, "plain text is itself");
  return 0;
}
