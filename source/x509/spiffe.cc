#include "source/x509/spiffe.h"

#include <algorithm>

#include "source/base/strings.h"

namespace weir::x509 {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr size_t kMaxId = 2048;
constexpr size_t kMaxTrustDomain = 255;

bool IsDomainCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool IsSegment(std::string_view segment) {
  return !segment.empty() && segment != "." && segment != ".." &&
         std::all_of(segment.begin(), segment.end(),
                     [](char c) { return IsDomainCharacter(AsciiToLower(c)); });
}

}  // namespace

std::optional<SpiffeId> ParseSpiffeId(std::string_view uri) {
  if (uri.size() > kMaxId || !uri.starts_with(kScheme)) return std::nullopt;
  uri.remove_prefix(kScheme.size());
  const size_t slash = std::min(uri.find('/'), uri.size());
  const std::string_view domain = uri.substr(0, slash);
  const std::string_view path = uri.substr(slash);
  if (domain.empty() || domain.size() > kMaxTrustDomain ||
      !std::all_of(domain.begin(), domain.end(), IsDomainCharacter)) {
    return std::nullopt;
  }
  if (!path.empty()) {
    for (std::string_view segment : Split(path.substr(1), '/')) {
      if (!IsSegment(segment)) return std::nullopt;
    }
  }
  return SpiffeId{std::string(domain), std::string(path)};
}

std::optional<SpiffeId> SpiffeIdOf(const Certificate& certificate) {
  std::optional<SpiffeId> id;
  bool seen = false;
  for (const SubjectAltName& name : certificate.SubjectAltNames()) {
    if (name.kind != SubjectAltName::Kind::kUri) continue;
    if (seen) return std::nullopt;
    seen = true;
    id = ParseSpiffeId(name.value);
  }
  return id;
}

std::optional<SpiffeId> WorkloadIdOf(const Certificate& certificate) {
  if (certificate.IsAuthority()) return std::nullopt;
  return SpiffeIdOf(certificate);
}

}  // namespace weir::x509
