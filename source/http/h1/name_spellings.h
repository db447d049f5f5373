// How the field names of one head are spelled, for peers that care for case: parsing makes names
// lower case where they lie, so the bytes are copied before it. Belongs to a codec, which uses it
// only when it is told to preserve case.
#pragma once

#include <string>
#include <string_view>

#include "source/http/h1/field_table.h"
#include "source/http/header_map.h"

namespace weir::http::h1 {

class NameSpellings {
 public:
  // Before the section [begin, end) is parsed.
  void Remember(const char* begin, const char* end) {
    begin_ = begin;
    text_.assign(begin, end);
  }
  // Gives those that are not lower case to `map`, dropped fields among them. `table` holds what was
  // parsed out of the section.
  void Give(FieldTable& table, HeaderMap& map) const;

 private:
  const char* begin_ = nullptr;
  std::string text_;
};

}  // namespace weir::http::h1
