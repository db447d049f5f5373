// Finding where a run of allowed bytes ends, sixteen bytes at a time where the machine has SSE2
// (every x86-64 has), else byte by byte. Nothing is read outside of [begin, end). Pure.
#pragma once

#include <array>
#include <cstdint>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace weir::http {
namespace scan_internal {

consteval std::array<uint8_t, 256> MakeTokenTable() {
  std::array<uint8_t, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = static_cast<uint8_t>(c);
  for (int c = 'a'; c <= 'z'; ++c) {
    table[c] = static_cast<uint8_t>(c);
    table[c - 'a' + 'A'] = static_cast<uint8_t>(c);
  }
  for (char c : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'}) {
    table[static_cast<uint8_t>(c)] = static_cast<uint8_t>(c);
  }
  return table;
}

}  // namespace scan_internal

// tchar of RFC 9110, 5.6.2: the lower-case form of the byte, 0 for every byte that is none.
inline constexpr std::array<uint8_t, 256> kTokenLower = scan_internal::MakeTokenTable();
inline bool IsTokenByte(char c) { return kTokenLower[static_cast<uint8_t>(c)] != 0; }

// Field values (RFC 9110, 5.5): VCHAR, obs-text, SP and HTAB.
inline bool IsValueByte(char c) {
  const auto u = static_cast<uint8_t>(c);
  return (u >= 0x20 && u != 0x7f) || u == '\t';
}

// What a path with query may hold: visible ASCII, but for the fragment's '#', and '"' and '\',
// which no URI holds and which some receivers read as '/' or as the end. Other bytes outside of RFC
// 3986 that clients do send, such as '|' and '{', pass unchanged.
inline bool IsTargetByte(char c) {
  const auto u = static_cast<uint8_t>(c);
  return u > 0x20 && u < 0x7f && u != '#' && u != '"' && u != '\\';
}

// The first byte that is no IsValueByte; `end` when there is none.
inline const char* FindValueEnd(const char* begin, const char* end) {
#ifdef __SSE2__
  const auto bad_bytes = [](__m128i bytes) {
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    const __m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
    const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
    return static_cast<unsigned>(
        _mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(tab, control), del)));
  };
  while (end - begin >= 16) {
    const unsigned bad = bad_bytes(_mm_loadu_si128(reinterpret_cast<const __m128i*>(begin)));
    if (bad != 0) return begin + __builtin_ctz(bad);
    begin += 16;
  }
  // The last field of a head is often this near to its end.
  if (end - begin >= 8) {
    const unsigned bad = bad_bytes(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(begin))) & 0xFF;
    if (bad != 0) return begin + __builtin_ctz(bad);
    begin += 8;
  }
#endif
  while (begin != end && IsValueByte(*begin)) ++begin;
  return begin;
}

// The first byte that is no IsTargetByte; `end` when there is none.
inline const char* FindTargetEnd(const char* begin, const char* end) {
#ifdef __SSE2__
  // Signed comparison: bytes from 0x80 on are negative and so below 0x21.
  const __m128i first = _mm_set1_epi8(0x21);
  const __m128i del = _mm_set1_epi8(0x7f);
  const __m128i hash = _mm_set1_epi8('#');
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  while (end - begin >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(begin));
    const __m128i bad = _mm_or_si128(
        _mm_or_si128(_mm_cmplt_epi8(bytes, first), _mm_cmpeq_epi8(bytes, del)),
        _mm_or_si128(_mm_cmpeq_epi8(bytes, hash),
                     _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash))));
    const int mask = _mm_movemask_epi8(bad);
    if (mask != 0) return begin + __builtin_ctz(static_cast<unsigned>(mask));
    begin += 16;
  }
#endif
  while (begin != end && IsTargetByte(*begin)) ++begin;
  return begin;
}

// Makes a run of tchar lower case in place and returns its end.
inline char* LowerToken(char* begin, char* end) {
#ifdef __SSE2__
  // Letters, digits and '-' sixteen at a time; the rest of tchar, and the end, by the table.
  while (end - begin >= 16) {
    __m128i* const place = reinterpret_cast<__m128i*>(begin);
    const __m128i bytes = _mm_loadu_si128(place);
    const __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    const __m128i from_a = _mm_sub_epi8(folded, _mm_set1_epi8('a'));
    const __m128i letter = _mm_cmpeq_epi8(_mm_min_epu8(from_a, _mm_set1_epi8(25)), from_a);
    const __m128i from_0 = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    const __m128i digit = _mm_cmpeq_epi8(_mm_min_epu8(from_0, _mm_set1_epi8(9)), from_0);
    const __m128i hyphen = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-'));
    const __m128i good = _mm_or_si128(letter, _mm_or_si128(digit, hyphen));
    const unsigned stop = ~static_cast<unsigned>(_mm_movemask_epi8(good)) & 0xffffU;
    if (stop == 0) {
      _mm_storeu_si128(place, _mm_or_si128(bytes, _mm_and_si128(letter, _mm_set1_epi8(0x20))));
      begin += 16;
      continue;
    }
    const unsigned upper = static_cast<unsigned>(_mm_movemask_epi8(
                               _mm_andnot_si128(_mm_cmpeq_epi8(bytes, folded), letter))) &
                           (stop ^ (stop - 1)) >> 1;
    for (unsigned left = upper; left != 0; left &= left - 1) begin[__builtin_ctz(left)] |= 0x20;
    begin += __builtin_ctz(stop);
    break;
  }
#endif
  for (; begin != end; ++begin) {
    const uint8_t lower = kTokenLower[static_cast<uint8_t>(*begin)];
    if (lower == 0) break;
    *begin = static_cast<char>(lower);
  }
  return begin;
}

}  // namespace weir::http
