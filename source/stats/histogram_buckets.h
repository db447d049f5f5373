// The log-linear buckets of histograms: where a value goes and what a bucket spans. Pure functions.
//
// Values below 16 have a bucket each; each power of two above is cut into 16 parts, so that the
// bounds of a bucket are at most 1/16 apart. Sixteen buckets, one power of two, make a row.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir::stats {

inline constexpr size_t kBucketsInRow = 16;
// Values from 2^40 on (35 years in milliseconds) share the last bucket.
inline constexpr size_t kBucketRows = 37;
inline constexpr uint64_t kLargestBucketed = (uint64_t{1} << 40) - 1;

struct BucketPlace {
  size_t row;
  size_t column;
};

inline constexpr BucketPlace BucketOf(uint64_t value) {
  if (value < kBucketsInRow) return {0, static_cast<size_t>(value)};
  if (value > kLargestBucketed) value = kLargestBucketed;
  const int shift = std::bit_width(value) - 5;
  return {static_cast<size_t>(shift) + 1, static_cast<size_t>(value >> shift) - kBucketsInRow};
}

// The least and the greatest value of a bucket.
inline constexpr uint64_t BucketLower(BucketPlace place) {
  if (place.row == 0) return place.column;
  return (kBucketsInRow + place.column) << (place.row - 1);
}
inline constexpr uint64_t BucketUpper(BucketPlace place) {
  if (place.row == 0) return place.column;
  return ((kBucketsInRow + place.column + 1) << (place.row - 1)) - 1;
}

}  // namespace weir::stats
