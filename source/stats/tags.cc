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
    // A certificate's name may have anything in it, so that these come first.
    {"listener.", ".ssl.certificate.", "envoy.tls_certificate"},
    {"cluster.", ".ssl.certificate.", "envoy.tls_certificate"},
    {"http.", ".rds.", "envoy.rds_route_config"},
    {"http.", ".scoped_rds.", "envoy.scoped_rds_config"},
    {"http.", ".user_agent.", "envoy.http_user_agent"},
    {"listener.", ".http.", "envoy.http_conn_manager_prefix"},
    {"vhost.", ".vcluster.", "envoy.virtual_cluster"},
    {"vhost.", ".route.", "envoy.route"},
};

constexpr std::string_view kWorkerWord = ".worker_";
constexpr std::string_view kWorkerTag = "envoy.worker_id";

bool IsDigits(std::string_view text) {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty();
}

// A value inside of a scope's name, with the static word before it.
struct Part {
  std::string_view word;  // "rds."
  std::string_view tag;
  std::string_view value;
};

// Cuts the inner tag off the end of `instance`.
Part TakeInner(std::string_view prefix, std::string_view& instance) {
  for (const InnerTag& entry : kInnerTags) {
    if (entry.prefix != prefix) continue;
    const size_t at = instance.find(entry.word);
    if (at == std::string_view::npos || at == 0) continue;
    const std::string_view value = instance.substr(at + entry.word.size());
    if (value.empty()) continue;
    instance = instance.substr(0, at);
    return {entry.word.substr(1), entry.tag, value};
  }
  return {};
}

Part TakeWorker(std::string_view prefix, std::string_view& instance) {
  const size_t at = instance.rfind(kWorkerWord);
  if (prefix != "listener." || at == std::string_view::npos) return {};
  const std::string_view value = instance.substr(at + kWorkerWord.size());
  if (!IsDigits(value)) return {};
  instance = instance.substr(0, at);
  return {kWorkerWord.substr(1), kWorkerTag, value};
}

void Place(const Part& part, const KeepsTag& keeps, ScopeName& name) {
  if (part.value.empty()) return;
  name.extracted.append(part.word);
  if (keeps(part.tag)) {
    name.tags.emplace_back(part.tag, part.value);
    if (part.word.ends_with('_')) name.extracted.back() = '.';
  } else {
    StrAppend(name.extracted, part.value, ".");
  }
}

}  // namespace

ScopeName NameScope(std::string_view prefix, std::string_view instance, std::string_view suffix,
                    const KeepsTag& keeps) {
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
  const Part inner = TakeInner(prefix, instance);
  const Part worker = TakeWorker(prefix, instance);
  // The innermost tag comes first, and last in the name.
  ScopeName outer{.full = {}, .extracted = name.extracted, .tags = {}};
  Place({"", outer_tag, instance}, keeps, outer);
  name.extracted = std::move(outer.extracted);
  Place(inner, keeps, name);
  Place(worker, keeps, name);
  name.tags.insert(name.tags.end(), outer.tags.begin(), outer.tags.end());
  name.extracted.append(suffix);
  return name;
}

bool IsDefaultTag(std::string_view tag) {
  for (const PrefixTag& entry : kPrefixTags) {
    if (entry.tag == tag) return true;
  }
  for (const InnerTag& entry : kInnerTags) {
    if (entry.tag == tag) return true;
  }
  return tag == kWorkerTag || tag == kResponseCodeTag || tag == kResponseCodeClassTag;
}

}  // namespace weir::stats
