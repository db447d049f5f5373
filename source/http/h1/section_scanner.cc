#include "source/http/h1/section_scanner.h"

#include <array>
#include <cstring>

namespace weir::http::h1 {

SectionScanner::Found SectionScanner::Find(buffer::Buffer& in, size_t limit) {
  std::array<iovec, 16> pieces;
  size_t count = in.Gather(pieces);
  // A section in very many slices: one copy makes it one.
  if (count == pieces.size()) {
    in.Linearize(in.size() < limit ? in.size() : limit);
    count = in.Gather(pieces);
  }
  size_t offset = 0;
  for (size_t i = 0; i < count; ++i) {
    std::string_view piece(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    offset += piece.size();
    if (offset <= scanned_) continue;
    piece.remove_prefix(piece.size() - (offset - scanned_));
    const Found found = ScanPiece(piece);
    if (found.size != 0 || found.why != nullptr) return found;
    if (scanned_ > limit) break;
  }
  return scanned_ > limit ? Found{.why = &kHeadTooLarge} : Found{};
}

SectionScanner::Found SectionScanner::ScanPiece(std::string_view piece) {
  size_t from = 0;
  while (const void* hit = std::memchr(piece.data() + from, '\n', piece.size() - from)) {
    const size_t at = static_cast<size_t>(static_cast<const char*>(hit) - piece.data());
    const char before = at == 0 ? last_ : piece[at - 1];
    const size_t line_size = scanned_ + at - line_start_;
    if (line_size == 0 || before != '\r') return Found{.why = &kBareLf};
    // CR CR LF looks like an empty line to some and is none.
    const char second = at >= 2 ? piece[at - 2] : (at == 1 ? last_ : second_last_);
    if (line_size > 1 && second == '\r') return Found{.why = &kBareCr};
    line_start_ = scanned_ + at + 1;
    if (line_size == 1) return Found{.size = line_start_};
    from = at + 1;
  }
  scanned_ += piece.size();
  second_last_ = piece.size() >= 2 ? piece[piece.size() - 2] : last_;
  last_ = piece.back();
  return Found{};
}

}  // namespace weir::http::h1
