// Finds the empty line that ends a head or a trailer section, over any number of calls and slices,
// looking at each byte once. It refuses a line end without CR at once. Belongs to a codec.
#pragma once

#include <cstddef>

#include "source/buffer/buffer.h"
#include "source/http/h1/field_table.h"
#include "source/http/h1/rejection.h"

namespace weir::http::h1 {

class SectionScanner {
 public:
  struct Found {
    size_t size = 0;  // Of the section with its empty line; 0 when it is not complete.
    const Rejection* why = nullptr;  // Set when it can never be right.
  };
  // Goes on where the call before stopped; `in` must still begin with the same section. More than
  // `limit` bytes without an end are refused.
  Found Find(buffer::Buffer& in, size_t limit);
  // Parses a section in one piece: what the first slice holds is tried at once, since it is usually
  // whole, and else when its end has come. `parse` is Parsed(char* begin, char* end) and may be
  // called twice, unless the section has to be whole: then once, with nothing but it.
  template <typename Parse>
  Found Read(buffer::Buffer& in, size_t limit, Parse parse, bool whole = false) {
    if (scanned_ == 0 && !whole) {
      const Found found = Attempt(in.Front(), parse);
      if (found.size > limit) return Found{.why = &kHeadTooLarge};
      if (found.size != 0 || found.why != nullptr) return found;
    }
    const Found section = Find(in, limit);
    if (section.size == 0) return section;
    Reset();
    const Found found = Attempt(in.Linearize(section.size), parse);
    return found.size != 0 || found.why != nullptr ? found : Found{.why = &kBadHead};
  }
  void Reset() { *this = SectionScanner(); }
  size_t scanned() const { return scanned_; }

 private:
  template <typename Parse>
  static Found Attempt(std::string_view bytes, Parse parse) {
    // The codec owns its input; names are made lower case where they lie.
    char* const begin = const_cast<char*>(bytes.data());
    const Parsed parsed = parse(begin, begin + bytes.size());
    if (parsed.next == nullptr) return Found{.why = parsed.why};
    return Found{.size = static_cast<size_t>(parsed.next - begin)};
  }
  Found ScanPiece(std::string_view piece);

  size_t scanned_ = 0;
  size_t line_start_ = 0;
  char last_ = '\0';         // Of the bytes scanned.
  char second_last_ = '\0';  // Before that one.
};

}  // namespace weir::http::h1
