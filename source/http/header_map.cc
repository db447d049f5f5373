#include "source/http/header_map.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "source/http/scan.h"

namespace weir::http {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

bool IsLowerCaseName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return kTokenLower[static_cast<uint8_t>(c)] == static_cast<uint8_t>(c) && c != '\0';
  });
}

}  // namespace

bool HeaderMap::IsValidName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), IsTokenByte);
}

bool HeaderMap::IsValidValue(std::string_view value) {
  if (value.empty()) return true;
  if (IsBlank(value.front()) || IsBlank(value.back())) return false;
  const char* const end = value.data() + value.size();
  return FindValueEnd(value.data(), end) == end;
}

void HeaderMap::Add(std::string_view lower_case_name, std::string_view value) {
  WEIR_DCHECK(IsLowerCaseName(lower_case_name), "a field name is a lower-case token");
  WEIR_DCHECK(IsValidValue(value), "a field value holds no control byte and no outer blank");
  const HeaderId id = LookUpHeader(lower_case_name);
  const std::string_view name = id == HeaderId::kOther ? arena_.Copy(lower_case_name) : NameOf(id);
  AddView(name, arena_.Copy(value), id);
}

void HeaderMap::Add(HeaderId id, std::string_view value) {
  WEIR_DCHECK(IsValidValue(value), "a field value holds no control byte and no outer blank");
  AddView(NameOf(id), arena_.Copy(value), id);
}

void HeaderMap::Set(std::string_view lower_case_name, std::string_view value) {
  const HeaderId id = LookUpHeader(lower_case_name);
  if (id != HeaderId::kOther) return Set(id, value);
  const auto same = [&](const HeaderField& field) { return field.name == lower_case_name; };
  const auto first = std::find_if(fields_.begin(), fields_.end(), same);
  if (first == fields_.end()) return Add(lower_case_name, value);
  WEIR_DCHECK(IsValidValue(value), "a field value holds no control byte and no outer blank");
  first->value = arena_.Copy(value);
  // `value` or the name may be views into fields that go now: both are copied, and bytes stay.
  const std::string_view name = first->name;
  fields_.erase(std::remove_if(first + 1, fields_.end(),
                               [name](const HeaderField& field) { return field.name == name; }),
                fields_.end());
}

void HeaderMap::Set(HeaderId id, std::string_view value) { SetView(id, arena_.Copy(value)); }

void HeaderMap::SetView(HeaderId id, std::string_view value) {
  WEIR_DCHECK(IsValidValue(value), "a field value holds no control byte and no outer blank");
  if (!seen_.Has(id)) return AddView(NameOf(id), value, id);
  const auto same = [id](const HeaderField& field) { return field.id == id; };
  const auto first = std::find_if(fields_.begin(), fields_.end(), same);
  if (first == fields_.end()) return AddView(NameOf(id), value, id);
  first->value = value;
  fields_.erase(std::remove_if(first + 1, fields_.end(), same), fields_.end());
}

void HeaderMap::SetNumber(HeaderId id, uint64_t value) {
  constexpr size_t kMostDigits = 20;
  char* const digits = arena_.Allocate(kMostDigits);
  const char* const end = std::to_chars(digits, digits + kMostDigits, value).ptr;
  SetView(id, {digits, static_cast<size_t>(end - digits)});
}

size_t HeaderMap::Remove(std::string_view lower_case_name) {
  const HeaderId id = LookUpHeader(lower_case_name);
  if (id != HeaderId::kOther) return Remove(id);
  return RemoveIf([&](const HeaderField& field) { return field.name == lower_case_name; });
}

size_t HeaderMap::Remove(HeaderId id) {
  if (!seen_.Has(id)) return 0;
  return RemoveIf([id](const HeaderField& field) { return field.id == id; });
}

std::optional<std::string_view> HeaderMap::Get(std::string_view lower_case_name) const {
  const HeaderId id = LookUpHeader(lower_case_name);
  if (id != HeaderId::kOther) return Get(id);
  for (const HeaderField& field : fields_) {
    if (field.name == lower_case_name) return field.value;
  }
  return std::nullopt;
}

size_t HeaderMap::Count(HeaderId id) const {
  return static_cast<size_t>(std::count_if(
      fields_.begin(), fields_.end(), [id](const HeaderField& field) { return field.id == id; }));
}

template <typename Same>
std::optional<std::string_view> HeaderMap::Join(Same same) const {
  const HeaderField* first = nullptr;
  size_t count = 0;
  size_t bytes = 0;
  for (const HeaderField& field : fields_) {
    if (!same(field)) continue;
    if (first == nullptr) first = &field;
    ++count;
    bytes += field.value.size() + 2;
  }
  if (first == nullptr) return std::nullopt;
  if (count == 1) return first->value;
  char* const start = arena_.Allocate(bytes - 2);
  char* end = start;
  for (const HeaderField& field : fields_) {
    if (!same(field)) continue;
    end = std::copy(field.value.begin(), field.value.end(), end);
    if (--count == 0) break;
    *end++ = ',';
    *end++ = ' ';
  }
  return std::string_view(start, bytes - 2);
}

std::optional<std::string_view> HeaderMap::GetJoined(std::string_view lower_case_name) const {
  const HeaderId id = LookUpHeader(lower_case_name);
  if (id != HeaderId::kOther) return GetJoined(id);
  return Join([&](const HeaderField& field) { return field.name == lower_case_name; });
}

std::optional<std::string_view> HeaderMap::GetJoined(HeaderId id) const {
  if (!seen_.Has(id)) return std::nullopt;
  return Join([id](const HeaderField& field) { return field.id == id; });
}

size_t HeaderMap::byte_size() const {
  size_t bytes = 0;
  for (const HeaderField& field : fields_) bytes += field.name.size() + field.value.size() + 32;
  return bytes;
}

std::string_view HeaderMap::SpellingOf(std::string_view lower_case_name) const {
  for (const std::string_view spelling : spellings_) {
    if (EqualsIgnoreCase(spelling, lower_case_name)) return spelling;
  }
  return {};
}

void HeaderMap::CopyFrom(const HeaderMap& other) {
  fields_.reserve(fields_.size() + other.size());
  for (const HeaderField& field : other) {
    const std::string_view name =
        field.id == HeaderId::kOther ? arena_.Copy(field.name) : field.name;
    AddView(name, arena_.Copy(field.value), field.id);
  }
  for (const std::string_view spelling : other.spellings_) KeepSpelling(arena_.Copy(spelling));
}

}  // namespace weir::http
