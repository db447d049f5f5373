#include "source/http/header_id.h"

#include <array>
#include <bit>
#include <cstring>

#include "source/base/check.h"

namespace weir::http {
namespace {

constexpr std::array kNames = {
#define WEIR_HEADER_NAME(id, name) std::string_view(name),
    WEIR_KNOWN_HEADERS(WEIR_HEADER_NAME)
#undef WEIR_HEADER_NAME
};
static_assert(kNames.size() == static_cast<size_t>(HeaderId::kOther));

constexpr int kTableBits = 9;

// Length, first, middle, last two bytes and the one three quarters in tell all known names apart.
constexpr uint64_t KeyOf(std::string_view name) {
  const size_t n = name.size();
  const auto byte = [name](size_t i) {
    return static_cast<uint64_t>(static_cast<uint8_t>(name[i]));
  };
  return byte(0) | byte(n / 2) << 8 | byte(n - 2) << 16 | byte(n - 1) << 24 |
         static_cast<uint64_t>(n) << 32 | byte(n * 3 / 4) << 40;
}

constexpr size_t SlotOf(std::string_view name, uint64_t multiplier) {
  return static_cast<size_t>(KeyOf(name) * multiplier >> (64 - kTableBits));
}

constexpr bool Separates(uint64_t multiplier) {
  std::array<bool, size_t{1} << kTableBits> taken{};
  for (std::string_view name : kNames) {
    bool& slot = taken[SlotOf(name, multiplier)];
    if (slot) return false;
    slot = true;
  }
  return true;
}

// The search runs in the compiler; a new name that no multiplier separates does not compile.
consteval uint64_t FindMultiplier() {
  uint64_t multiplier = 0x9e3779b97f4a7c15;
  for (int attempt = 0; attempt < 400; ++attempt) {
    if (Separates(multiplier)) return multiplier;
    multiplier = multiplier * 6364136223846793005 + 1442695040888963406;
    multiplier |= 1;
  }
  return 0;
}
constexpr uint64_t kMultiplier = FindMultiplier();
static_assert(kMultiplier != 0, "KeyOf maps two names to one key, or the table is too small");

consteval std::array<HeaderId, size_t{1} << kTableBits> MakeTable() {
  std::array<HeaderId, size_t{1} << kTableBits> table;
  table.fill(HeaderId::kOther);
  for (size_t i = 0; i < kNames.size(); ++i) {
    table[SlotOf(kNames[i], kMultiplier)] = static_cast<HeaderId>(i);
  }
  return table;
}
constexpr std::array<HeaderId, size_t{1} << kTableBits> kTable = MakeTable();

// Two texts of `n` >= 2 bytes. Names are short: a call of memcmp costs more than they do.
bool SameBytes(const char* a, const char* b, size_t n) {
  const auto differ = [a, b]<typename Word>(size_t at, Word) {
    Word x, y;
    std::memcpy(&x, a + at, sizeof(Word));
    std::memcpy(&y, b + at, sizeof(Word));
    return x ^ y;
  };
  if (n > 16) return std::memcmp(a, b, n) == 0;
  if (n >= 8) return (differ(0, uint64_t{}) | differ(n - 8, uint64_t{})) == 0;
  if (n >= 4) return (differ(0, uint32_t{}) | differ(n - 4, uint32_t{})) == 0;
  return (differ(0, uint16_t{}) | differ(n - 2, uint16_t{})) == 0;
}

}  // namespace

HeaderId LookUpHeader(std::string_view lower_case_name) {
  if (lower_case_name.size() < 2) return HeaderId::kOther;
  const HeaderId id = kTable[SlotOf(lower_case_name, kMultiplier)];
  if (id == HeaderId::kOther) return id;
  const std::string_view name = kNames[static_cast<size_t>(id)];
  const bool same = name.size() == lower_case_name.size() &&
                    SameBytes(name.data(), lower_case_name.data(), name.size());
  return same ? id : HeaderId::kOther;
}

std::string_view NameOf(HeaderId id) {
  WEIR_DCHECK(id != HeaderId::kOther, "this id has no name");
  return kNames[static_cast<size_t>(id)];
}

}  // namespace weir::http
