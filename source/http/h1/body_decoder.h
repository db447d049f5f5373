// The body of one message on its way in (RFC 9112, 6 and 7): finds its end and strips the chunked
// coding. Bytes are moved, not copied. Chunk extensions are checked against their grammar and
// dropped; what they cost beyond the bytes that their chunks bring is bounded.
#pragma once

#include <cstdint>

#include "source/buffer/buffer.h"
#include "source/http/h1/rejection.h"

namespace weir::http::h1 {

class BodyDecoder {
 public:
  enum class Progress : uint8_t {
    kNeedMore,  // All of the input that is body was taken.
    kEnd,       // The body is complete; the message ends here.
    kTrailers,  // The last chunk was read; the trailer section follows in the input. From then on
                // in every call.
    kRefused,   // See why().
  };

  void StartLength(uint64_t length);
  void StartChunked(uint32_t max_line_bytes);
  void StartUntilClose();

  // Moves body bytes from the front of `in` to the back of `body`.
  Progress Decode(buffer::Buffer& in, buffer::Buffer& body);
  const Rejection* why() const { return why_; }
  // With StartLength: bytes that are still to come.
  uint64_t remaining() const { return remaining_; }
  bool until_close() const { return coding_ == Coding::kUntilClose; }
  // With StartLength: tells that `n` bytes were taken by the caller itself.
  void Took(uint64_t n) { remaining_ -= n; }
  bool has_length() const { return coding_ == Coding::kLength; }

 private:
  enum class Coding : uint8_t { kLength, kChunked, kUntilClose };
  // Of the chunk line: size, extensions (RFC 9112, 7.1.1), its end; then the data and its CRLF.
  enum class At : uint8_t {
    kSize,
    kBlankBeforeSemicolon,
    kNameStart,
    kName,
    kAfterName,
    kValueStart,
    kValue,
    kQuoted,
    kQuotedPair,
    kAfterQuoted,
    kLineLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailers,
  };

  Progress DecodeChunked(buffer::Buffer& in, buffer::Buffer& body);
  // The state after `c`; false when it may not stand here.
  bool StepLine(char c);
  bool StepSize(char c);
  bool StepExtension(char c);
  bool EndOfPart(char c);
  bool AffordLine();
  Progress Refuse(const Rejection& why);

  const Rejection* why_ = nullptr;
  uint64_t remaining_ = 0;  // Bytes of the body, or of the chunk.
  uint32_t max_line_bytes_ = 0;
  uint32_t line_bytes_ = 0;
  uint32_t overhead_ = 0;  // Bytes of chunk lines that brought too little.
  uint8_t digits_ = 0;
  Coding coding_ = Coding::kLength;
  At at_ = At::kSize;
};

}  // namespace weir::http::h1
