#include "source/stats/tags.h"

#include "source/base/strings.h"

namespace weir::stats {
namespace {

struct PrefixTag {
  std::string_view prefix;
  std::string_view tag;
};
constexpr PrefixTag kPrefixTags[] = {
    {"cluster.", "envoy.cluster_name"},
    {"http.", "envoy.http_conn_manager_prefix"},
    {"listener.", "envoy.listener_address"},
    {"tcp.", "envoy.tcp_prefix"},
    {"udp.", "envoy.udp_prefix"},
    {"vhost.", "envoy.virtual_host"},
    {"auth.clientssl.", "envoy.clientssl_prefix"},
    {"ratelimit.", "envoy.ratelimit_prefix"},
};

// A second tag whose value follows a word inside the instance.
struct InnerTag {
  std::string_view prefix;
  std::string_view word;  // With both dots.
  std::string_view tag;
};
constexpr InnerTag kInnerTags[] = {
    {"http.", ".rds.", "envoy.rds_route_config"},
    {"http.", ".scoped_rds.", "envoy.scoped_rds_config"},
    {"http.", ".user_agent.", "envoy.http_user_agent"},
    {"listener.", ".http.", "envoy.http_conn_manager_prefix"},
    {"vhost.", ".vcluster.", "envoy.virtual_cluster"},
    {"vhost.", ".route.", "envoy.route"},
};

constexpr std::string_view kWorkerWord = ".worker_";

bool IsDigits(std::string_view text) {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty();
}

}  // namespace

ScopeName NameScope(std::string_view prefix, std::string_view instance, std::string_view suffix) {
  ScopeName name;
  name.extracted = prefix;
  if (instance.empty()) {
    name.full = StrCat(prefix, suffix);
    name.extracted.append(suffix);
    return name;
  }
  name.full = StrCat(prefix, instance, ".", suffix);

  std::string_view outer_tag;
  for (const PrefixTag& entry : kPrefixTags) {
    if (entry.prefix == prefix) outer_tag = entry.tag;
  }
  if (outer_tag.empty()) {
    StrAppend(name.extracted, instance, ".", suffix);
    return name;
  }
  for (const InnerTag& entry : kInnerTags) {
    if (entry.prefix != prefix) continue;
    const size_t at = instance.find(entry.word);
    if (at == std::string_view::npos || at == 0) continue;
    const std::string_view value = instance.substr(at + entry.word.size());
    if (value.empty()) continue;
    name.tags.emplace_back(entry.tag, value);
    name.extracted.append(entry.word.substr(1));
    instance = instance.substr(0, at);
    break;
  }
  if (const size_t at = instance.rfind(kWorkerWord);
      prefix == "listener." && at != std::string_view::npos &&
      IsDigits(instance.substr(at + kWorkerWord.size()))) {
    name.tags.emplace_back("envoy.worker_id", instance.substr(at + kWorkerWord.size()));
    instance = instance.substr(0, at);
    name.extracted.append("worker.");
  }
  name.tags.emplace_back(outer_tag, instance);
  name.extracted.append(suffix);
  return name;
}

}  // namespace weir::stats
