#include "source/config/source.h"

#include "source/base/strings.h"

namespace weir::config {
namespace {

std::string OriginOf(const GrpcSource& source) {
  std::string origin =
      StrCat(source.delta ? "delta " : "sotw ", source.cluster, "\n", source.authority);
  for (const auto& [name, value] : source.initial_metadata) {
    StrAppend(origin, "\n", name, ": ", value);
  }
  if (source.rate_limit.has_value()) {
    StrAppend(origin, "\n", source.rate_limit->max_tokens, " ", source.rate_limit->fill_rate);
  }
  return origin;
}

}  // namespace

std::string OriginOf(const ConfigSource& source) {
  switch (source.kind) {
    case ConfigSource::Kind::kNone:
    case ConfigSource::Kind::kAds:
    case ConfigSource::Kind::kSelf:
      return "";
    case ConfigSource::Kind::kPath:
      return source.path;
    case ConfigSource::Kind::kGrpc:
      return OriginOf(source.grpc);
    case ConfigSource::Kind::kGiven:
      return "bootstrap";
  }
  return "";
}

std::string ResourceKey(std::string_view name, std::string_view origin) {
  return origin.empty() ? std::string(name) : StrCat(name, "\n", origin);
}

std::string_view NameOfKey(std::string_view key) { return key.substr(0, key.find('\n')); }

}  // namespace weir::config
