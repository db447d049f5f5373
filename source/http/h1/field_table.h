// The field lines of one head or trailer section, parsed in place: names made lower case, blanks
// around values cut off. Views into the bytes parsed. A table lives during one parse; it has room
// for the usual head in itself, and takes a pooled block for more.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "source/buffer/block_pool.h"
#include "source/http/h1/rejection.h"
#include "source/http/header_map.h"

namespace weir::http::h1 {

class FieldTable {
 public:
  FieldTable(buffer::BlockPool& pool, uint32_t max_fields)
      : pool_(pool),
        max_fields_(max_fields),
        fields_(reinterpret_cast<HeaderField*>(own_)),
        capacity_(std::min<size_t>(kOwn, max_fields)) {}
  FieldTable(const FieldTable&) = delete;
  FieldTable& operator=(const FieldTable&) = delete;

  // False when there are max_fields already.
  bool Add(std::string_view name, std::string_view value) {
    if (size_ == capacity_ && !Grow()) return false;
    fields_[size_++] = HeaderField{name, value, LookUpHeader(name)};
    bytes_ += name.size() + value.size() + 32;
    return true;
  }
  // Entries with an empty name are to be skipped: DropField made them.
  std::span<HeaderField> fields() { return {fields_, size_}; }
  // The name keeps its place, so that its spelling can still be found.
  static void DropField(HeaderField& field) { field.name = field.name.substr(0, 0); }
  // Names, values and 32 a field.
  size_t byte_size() const { return bytes_; }
  void Clear() { size_ = bytes_ = 0; }

 private:
  static constexpr size_t kOwn = 32;

  bool Grow();

  buffer::BlockPool& pool_;
  const uint32_t max_fields_;
  buffer::BlockRef block_;  // Null while the fields are in own_.
  HeaderField* fields_;
  size_t size_ = 0;
  size_t capacity_;
  size_t bytes_ = 0;
  // Not initialised: a field is written before it is read.
  alignas(HeaderField) std::byte own_[kOwn * sizeof(HeaderField)];
};

// Where a parse ended: past the last byte read, or refused; neither when bytes are missing.
struct Parsed {
  char* next = nullptr;
  const Rejection* why = nullptr;
};

// Field lines and the empty line after them (RFC 9112, 5). Writes into [begin, end).
Parsed ParseFields(char* begin, char* end, FieldTable& table);

}  // namespace weir::http::h1
