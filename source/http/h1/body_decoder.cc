#include "source/http/h1/body_decoder.h"

#include <algorithm>

#include "source/http/scan.h"

namespace weir::http::h1 {
namespace {

// 16 hexadecimal digits fill 64 bits; leading zeros count, so that a size line cannot go on for
// ever.
constexpr uint8_t kMaxDigits = 16;

// A chunk's line may have so many bytes, and twice as many as its data; what is beyond adds up, and
// comes to an end.
constexpr uint64_t kFreeLineBytes = 16;
constexpr uint32_t kMaxOverhead = 16 * 1024;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

void BodyDecoder::StartLength(uint64_t length) {
  coding_ = Coding::kLength;
  remaining_ = length;
}

void BodyDecoder::StartChunked(uint32_t max_line_bytes) {
  coding_ = Coding::kChunked;
  max_line_bytes_ = max_line_bytes;
  at_ = At::kSize;
  remaining_ = 0;
  line_bytes_ = digits_ = 0;
  overhead_ = 0;
}

void BodyDecoder::StartUntilClose() { coding_ = Coding::kUntilClose; }

BodyDecoder::Progress BodyDecoder::Decode(buffer::Buffer& in, buffer::Buffer& body) {
  switch (coding_) {
    case Coding::kLength: {
      const uint64_t n = std::min<uint64_t>(remaining_, in.size());
      body.MoveFrom(in, n);
      remaining_ -= n;
      return remaining_ == 0 ? Progress::kEnd : Progress::kNeedMore;
    }
    case Coding::kUntilClose:
      body.MoveFrom(in);
      return Progress::kNeedMore;
    case Coding::kChunked:
      return DecodeChunked(in, body);
  }
  return Progress::kNeedMore;
}

BodyDecoder::Progress BodyDecoder::DecodeChunked(buffer::Buffer& in, buffer::Buffer& body) {
  while (!in.empty()) {
    if (at_ == At::kData) {
      const uint64_t n = std::min<uint64_t>(remaining_, in.size());
      body.MoveFrom(in, n);
      remaining_ -= n;
      if (remaining_ == 0) at_ = At::kDataCr;
      continue;
    }
    const std::string_view piece = in.Front();
    size_t used = 0;
    while (used < piece.size() && at_ != At::kData && at_ != At::kTrailers) {
      if (!StepLine(piece[used])) {
        return Refuse(overhead_ > kMaxOverhead ? kChunkOverhead : kBadChunk);
      }
      if (++line_bytes_ > max_line_bytes_) return Refuse(kChunkLineTooLong);
      ++used;
    }
    in.Drain(used);
    if (at_ == At::kTrailers) return Progress::kTrailers;
  }
  return Progress::kNeedMore;
}

bool BodyDecoder::StepLine(char c) {
  switch (at_) {
    case At::kSize:
      return StepSize(c);
    case At::kLineLf:
      if (c != '\n' || !AffordLine()) return false;
      at_ = remaining_ == 0 ? At::kTrailers : At::kData;
      line_bytes_ = digits_ = 0;
      return true;
    case At::kDataCr:
      at_ = At::kDataLf;
      return c == '\r';
    case At::kDataLf:
      at_ = At::kSize;
      line_bytes_ = 0;
      return c == '\n';
    default:
      return StepExtension(c);
  }
}

// A chunk line is whole: false when lines have cost too much for what they brought.
bool BodyDecoder::AffordLine() {
  const uint64_t brings = kFreeLineBytes + 2 * std::min<uint64_t>(remaining_, kMaxOverhead);
  const uint64_t costs = uint64_t{overhead_} + line_bytes_;
  overhead_ = static_cast<uint32_t>(costs > brings ? costs - brings : 0);
  return overhead_ <= kMaxOverhead;
}

bool BodyDecoder::StepSize(char c) {
  const int digit = HexValue(c);
  if (digit < 0) return digits_ > 0 && EndOfPart(c);
  // Above 2^63 a sum of lengths could overflow.
  if (++digits_ > kMaxDigits || remaining_ > (uint64_t{1} << 59) - 1) return false;
  remaining_ = remaining_ << 4 | static_cast<uint64_t>(digit);
  return true;
}

bool BodyDecoder::StepExtension(char c) {
  switch (at_) {
    case At::kBlankBeforeSemicolon:
      if (c == ';') at_ = At::kNameStart;
      return c == ';' || IsBlank(c);
    case At::kNameStart:
      if (IsBlank(c)) return true;
      at_ = At::kName;
      return IsTokenByte(c);
    case At::kName:
      if (IsTokenByte(c)) return true;
      if (c == '=') {
        at_ = At::kValueStart;
        return true;
      }
      if (IsBlank(c)) {
        at_ = At::kAfterName;
        return true;
      }
      return EndOfPart(c);
    case At::kAfterName:
      if (c == '=') at_ = At::kValueStart;
      if (c == ';') at_ = At::kNameStart;
      return c == '=' || c == ';' || IsBlank(c);
    case At::kValueStart:
      if (IsBlank(c)) return true;
      at_ = c == '"' ? At::kQuoted : At::kValue;
      return c == '"' || IsTokenByte(c);
    case At::kValue:
      return IsTokenByte(c) || EndOfPart(c);
    case At::kQuoted:
      if (c == '"') at_ = At::kAfterQuoted;
      if (c == '\\') at_ = At::kQuotedPair;
      return IsValueByte(c);
    case At::kQuotedPair:
      at_ = At::kQuoted;
      return IsValueByte(c);
    default:
      return EndOfPart(c);
  }
}

// What may follow a size, a name or a value: another extension, or the end of the line.
bool BodyDecoder::EndOfPart(char c) {
  if (c == '\r') {
    at_ = At::kLineLf;
  } else if (c == ';') {
    at_ = At::kNameStart;
  } else if (IsBlank(c)) {
    at_ = At::kBlankBeforeSemicolon;
  } else {
    return false;
  }
  return true;
}

BodyDecoder::Progress BodyDecoder::Refuse(const Rejection& why) {
  why_ = &why;
  return Progress::kRefused;
}

}  // namespace weir::http::h1
