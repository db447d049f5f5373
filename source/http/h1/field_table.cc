#include "source/http/h1/field_table.h"

#include <algorithm>
#include <cstring>

#include "source/http/scan.h"

namespace weir::http::h1 {
namespace {

static_assert(std::is_trivially_copyable_v<HeaderField>);

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

const Rejection* WhyNoName(const char* line, const char* stop) {
  if (stop == line && IsBlank(*stop)) return &kFoldedLine;
  if (IsBlank(*stop)) return &kBlankBeforeColon;
  if (*stop == '\n') return &kBareLf;
  return &kBadFieldName;
}

}  // namespace

bool FieldTable::Grow() {
  if (size_ >= max_fields_) return false;
  const size_t in_a_block =
      (buffer::BlockPool::kBlockSize - alignof(HeaderField)) / sizeof(HeaderField);
  const size_t wanted = std::min<size_t>(max_fields_, std::max(in_a_block, capacity_ * 2));
  buffer::BlockRef block =
      pool_.Take(static_cast<uint32_t>(wanted * sizeof(HeaderField) + alignof(HeaderField)));
  const auto address = reinterpret_cast<uintptr_t>(block->data);
  char* const aligned = block->data + (-address & (alignof(HeaderField) - 1));
  if (size_ > 0) std::memcpy(aligned, fields_, size_ * sizeof(HeaderField));
  fields_ = reinterpret_cast<HeaderField*>(aligned);
  block_ = std::move(block);
  capacity_ = wanted;
  return true;
}

Parsed ParseFields(char* begin, char* end, FieldTable& table) {
  char* line = begin;
  while (true) {
    if (line == end) return {};
    if (*line == '\r') {
      if (end - line < 2) return {};
      return line[1] == '\n' ? Parsed{.next = line + 2} : Parsed{.why = &kBareCr};
    }
    char* const name_end = LowerToken(line, end);
    if (name_end == end) return {};
    if (*name_end != ':' || name_end == line) return {.why = WhyNoName(line, name_end)};
    char* value = name_end + 1;
    while (value != end && IsBlank(*value)) ++value;
    char* const stop = const_cast<char*>(FindValueEnd(value, end));
    if (stop == end) return {};
    if (*stop != '\r') return {.why = *stop == '\n' ? &kBareLf : &kBadFieldValue};
    if (end - stop < 2) return {};
    if (stop[1] != '\n') return {.why = &kBareCr};
    char* value_end = stop;
    while (value_end != value && IsBlank(value_end[-1])) --value_end;
    if (!table.Add({line, static_cast<size_t>(name_end - line)},
                   {value, static_cast<size_t>(value_end - value)})) {
      return {.why = &kTooManyFields};
    }
    line = stop + 2;
  }
}

}  // namespace weir::http::h1
