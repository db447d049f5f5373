// The parser of access-log formats: any text is compiled or refused with a reason, and what was
// compiled formats a request and gives its source back; so do the header changes made of it.
#include <cstdint>
#include <string>

#include "source/base/check.h"
#include "source/format/formatter.h"
#include "source/format/header_changes.h"
#include "test/format/sample_stream.h"

namespace weir::format {
namespace {

// The sample, and what filters and tunnels leave of a request.
SampleStream& Sample() {
  static SampleStream& sample = *[] {
    auto* const made = new SampleStream();
    stream_info::FilterState& state = made->info.found.Edit().filter_state;
    state.Set("text", stream_info::FilterState::Text{.value = "left \"here\""}, false);
    state.Set("address", SampleStream::At("192.0.2.1:1"), false);
    state.Set("fields", stream_info::FilterState::Fields{{"name", "value"}}, false);
    made->connection.further.Edit().ja3_fingerprint = "0123456789abcdef";
    made->connection.tls = SampleStream::Session();
    made->info.flags.Set(stream_info::ResponseFlag::kUpstreamConnectionFailure);
    return made;
  }();
  return sample;
}

LogType TypeOf(size_t number) {
  const size_t type = number % 12;
  return type == 11 ? LogType::kTcpConnectionStart : static_cast<LogType>(type);
}

void CheckChange(const Formatter& formatter, size_t number) {
  buffer::BlockPool pool;
  buffer::Arena arena(pool);
  http::HeaderMap headers(arena);
  headers.Add("x-there", "before");
  HeaderChanges changes;
  for (const char* const name : {"x-there", "x-new"}) {
    changes.add.push_back({.name = name,
                           .value = formatter,
                           .action = static_cast<AppendAction>(number % 4),
                           .keep_empty_value = number % 8 >= 4});
  }
  if (number % 16 >= 8) changes.remove = {"x-there"};
  changes.Apply(headers, Sample().Context());
  for (const http::HeaderField& field : headers) {
    WEIR_CHECK(http::HeaderMap::IsValidValue(field.value), "a value that cannot be sent");
  }
}

void CheckText(const std::string& text) {
  const auto formatter = Formatter::Create(text);
  if (!formatter.ok()) {
    WEIR_CHECK(!formatter.status().message().empty(), "a refusal has a reason");
    return;
  }
  WEIR_CHECK(formatter->source() == text, "the source is kept");
  const SampleStream& sample = Sample();
  FormatContext whole = sample.Context();
  whole.log_type = TypeOf(text.size());
  std::string full, sparse, bare;
  formatter->Append(full, whole);
  formatter->Append(sparse, whole, true);
  formatter->Append(bare, {.info = sample.info});
  const std::string* const literal = formatter->literal();
  if (literal != nullptr) WEIR_CHECK(full == *literal && bare == *literal, "plain text is itself");
  CheckChange(*formatter, text.size());
}

void CheckLiteral(const std::string& text) {
  const Formatter plain = Formatter::Literal(text);
  const auto again = Formatter::Create(plain.source());
  WEIR_CHECK(again.ok(), "its source is a format");
  WEIR_CHECK(again->literal() != nullptr && *again->literal() == text, "of the same text");
}

}  // namespace
}  // namespace weir::format

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  weir::format::CheckText(text);
  weir::format::CheckLiteral(text);
  return 0;
}
