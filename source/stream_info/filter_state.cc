#include "source/stream_info/filter_state.h"

#include <algorithm>

namespace weir::stream_info {

bool FilterState::Set(std::string_view key, Object object, bool read_only) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [key](const Entry& entry) { return entry.key == key; });
  if (found == entries_.end()) {
    entries_.push_back({std::string(key), std::move(object), read_only});
    return true;
  }
  if (found->read_only) return false;
  found->object = std::move(object);
  found->read_only = read_only;
  return true;
}

const FilterState::Object* FilterState::Find(std::string_view key) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [key](const Entry& entry) { return entry.key == key; });
  return found == entries_.end() ? nullptr : &found->object;
}

std::optional<std::string> TextOf(const FilterState::Object& object) {
  if (const auto* text = std::get_if<FilterState::Text>(&object)) return text->value;
  if (const auto* address = std::get_if<net::Address>(&object)) return address->ToString();
  return std::nullopt;
}

const std::string* FindField(const FilterState::Object& object, std::string_view name) {
  const auto* const fields = std::get_if<FilterState::Fields>(&object);
  if (fields == nullptr) return nullptr;
  for (const auto& [field, value] : *fields) {
    if (field == name) return &value;
  }
  return nullptr;
}

}  // namespace weir::stream_info
