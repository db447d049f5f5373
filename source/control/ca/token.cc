#include "source/control/ca/token.h"

#include <algorithm>
#include <vector>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/x509/mac.h"

namespace weir::control::ca {
namespace {

constexpr std::string_view kPrefix = "weir1";

int64_t SecondsOf(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// With a nonce or without.
bool HasItsParts(const std::vector<std::string_view>& parts) {
  return parts.size() == 5 || parts.size() == 4;
}

}  // namespace

std::string MakeToken(std::string_view path, WallTime end, std::string_view nonce,
                      std::string_view key) {
  const std::string said =
      StrCat(kPrefix, ".", x509::ToBase64Url(path), ".", std::max<int64_t>(SecondsOf(end), 0), ".",
             x509::ToBase64Url(nonce));
  return StrCat(said, ".", x509::ToBase64Url(x509::HmacSha256(key, said)));
}

absl::StatusOr<std::string> CheckToken(std::string_view token, std::string_view key, WallTime now) {
  if (token.size() > kMaxTokenBytes) return InvalidArgument("it is no token: too long");
  const std::vector<std::string_view> parts = Split(token, '.');
  const bool shaped = HasItsParts(parts) && parts[0] == kPrefix;
  const std::optional<std::string> path = shaped ? x509::FromBase64Url(parts[1]) : std::nullopt;
  const std::optional<std::string> code = shaped ? x509::FromBase64Url(parts.back()) : std::nullopt;
  if (!path || !code) return InvalidArgument("it is no token: weirctl token create makes one");
  const std::string_view said = token.substr(0, token.rfind('.'));
  if (!x509::EqualInConstantTime(*code, x509::HmacSha256(key, said))) {
    return InvalidArgument("the token was not made by this authority");
  }
  const std::optional<uint64_t> end = ParseUint64(parts[2]);
  if (!end || !IsIdentityPath(*path)) return InvalidArgument("the token says nothing");
  if (static_cast<int64_t>(*end) <= SecondsOf(now)) return InvalidArgument("the token has ended");
  return *path;
}

WallTime EndOfToken(std::string_view token) {
  const std::vector<std::string_view> parts = Split(token, '.');
  const std::optional<uint64_t> end = HasItsParts(parts) ? ParseUint64(parts[2]) : std::nullopt;
  return WallTime(std::chrono::seconds(std::min(end.value_or(0), kLatestSeconds)));
}

}  // namespace weir::control::ca
