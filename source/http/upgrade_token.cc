#include "source/http/upgrade_token.h"

#include "source/base/strings.h"
#include "source/http/syntax.h"

namespace weir::http {

bool IsUpgradeToken(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return IsToken(text);
  return IsToken(text.substr(0, slash)) && IsToken(text.substr(slash + 1));
}

bool IsIgnoredUpgrade(std::string_view token) {
  const std::string_view name = token.substr(0, token.find('/'));
  return EqualsIgnoreCase(name, "h2c") || EqualsIgnoreCase(name, "h2") ||
         EqualsIgnoreCase(name, "http") || EqualsIgnoreCase(name, "tls");
}

}  // namespace weir::http
