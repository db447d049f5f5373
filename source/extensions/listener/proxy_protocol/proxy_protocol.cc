#include "source/extensions/listener/proxy_protocol/proxy_protocol.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "source/base/encoding.h"
#include "source/extensions/listener/proxy_protocol/config.h"

namespace weir::extensions::listener::proxy_protocol {
namespace {

using net::ProxyReading;
using net::ProxyVersion;

#define OF_VERSION(member, name, help)                                   \
  stats::Field {                                                         \
    "versions." #member "." #name, stats::Kind::kCounter,                \
        offsetof(Stats, member) + offsetof(Stats::OfVersion, name), help \
  }
constexpr stats::Field kFields[] = {
    WEIR_STAT_FIELD(Stats, kCounter, not_found_disallowed,
                    "Connections closed as they began with no PROXY header"),
    WEIR_STAT_FIELD(Stats, kCounter, not_found_allowed,
                    "Connections without a PROXY header that were let through"),
    OF_VERSION(v1, found, "Headers of version 1"),
    OF_VERSION(v1, disallowed, "Connections closed as version 1 is not allowed"),
    OF_VERSION(v1, error, "Connections closed for an error in a header of version 1"),
    OF_VERSION(v2, found, "Headers of version 2"),
    OF_VERSION(v2, disallowed, "Connections closed as version 2 is not allowed"),
    OF_VERSION(v2, error, "Connections closed for an error in a header of version 2"),
};
#undef OF_VERSION

// With '!' for each byte that is not UTF-8.
std::string AsUtf8(std::string_view bytes) {
  std::string text;
  while (true) {
    const size_t good = Utf8PrefixLength(bytes);
    text += bytes.substr(0, good);
    if (good == bytes.size()) return text;
    text += '!';
    bytes.remove_prefix(good + 1);
  }
}

std::string TextOf(const TlvRule& rule, const net::ProxyTlv& tlv) {
  return rule.base64 ? EncodeBase64(tlv.value) : AsUtf8(tlv.value);
}

// Calls visit(rule, tlv) for each pair that belongs together.
template <typename Visit>
void ForEachMatch(const std::vector<TlvRule>& rules, const std::vector<net::ProxyTlv>& tlvs,
                  Visit visit) {
  for (const net::ProxyTlv& tlv : tlvs) {
    for (const TlvRule& rule : rules) {
      if (rule.type == tlv.type) visit(rule, tlv);
    }
  }
}

// What the rules make of the TLVs, beside what filters before found.
Value MetadataOf(const std::vector<TlvRule>& rules, const std::vector<net::ProxyTlv>& tlvs,
                 const Value& before) {
  std::map<std::string, Value::Fields> found;
  ForEachMatch(rules, tlvs, [&found](const TlvRule& rule, const net::ProxyTlv& tlv) {
    found[rule.metadata_namespace].emplace_back(rule.key, Value::String(TextOf(rule, tlv)));
  });
  if (found.empty()) return before;
  Value::Fields all;
  if (before.is_struct()) all = before.fields();
  for (auto& [name, fields] : found) all.emplace_back(name, Value::FromFields(std::move(fields)));
  return Value::FromFields(std::move(all));
}

// The same as one object; of two values for one key the later one counts.
stream_info::FilterState::Fields FieldsOf(const std::vector<TlvRule>& rules,
                                          const std::vector<net::ProxyTlv>& tlvs) {
  std::map<std::string, std::string> found;
  ForEachMatch(rules, tlvs, [&found](const TlvRule& rule, const net::ProxyTlv& tlv) {
    found.insert_or_assign(rule.key, TextOf(rule, tlv));
  });
  return {found.begin(), found.end()};
}

class ProxyProtocol final : public filter::ListenerFilter {
 public:
  ProxyProtocol(const ProxyProtocolConfig& config, Stats& stats) : config_(config), stats_(stats) {}

  size_t max_bytes() const override { return net::kLongestProxyHeader; }
  size_t consumed() const override { return consumed_; }

  Result OnBytes(std::string_view bytes, bool full, stream_info::ConnectionInfo& info) override {
    net::ProxyHeader header;
    const ProxyReading reading = net::ReadProxyHeader(bytes, header);
    if (reading.version.has_value() && !Allows(*reading.version)) {
      // Whoever may come without a header may come with one that is not looked at.
      if (config_.allow_without) return WithoutHeader();
      StatsOf(*reading.version).disallowed.Inc();
      return Result::kClose;
    }
    switch (reading.outcome) {
      case ProxyReading::Outcome::kNeedMore:
        if (!full) return Result::kNeedMore;
        if (!reading.version.has_value()) return WithoutHeader();
        StatsOf(*reading.version).error.Inc();
        return Result::kClose;
      case ProxyReading::Outcome::kAbsent:
        return WithoutHeader();
      case ProxyReading::Outcome::kMalformed:
        StatsOf(*reading.version).error.Inc();
        return Result::kClose;
      case ProxyReading::Outcome::kFound:
        StatsOf(*reading.version).found.Inc();
        consumed_ = reading.size;
        Apply(std::move(header), info);
        return Result::kDone;
    }
    return Result::kClose;
  }

 private:
  bool Allows(ProxyVersion version) const {
    return version == ProxyVersion::kV1 ? config_.allow_v1 : config_.allow_v2;
  }
  Stats::OfVersion& StatsOf(ProxyVersion version) {
    return version == ProxyVersion::kV1 ? stats_.v1 : stats_.v2;
  }
  Result WithoutHeader() {
    (config_.allow_without ? stats_.not_found_allowed : stats_.not_found_disallowed).Inc();
    return config_.allow_without ? Result::kDone : Result::kClose;
  }
  void Apply(net::ProxyHeader header, stream_info::ConnectionInfo& info) {
    if (header.endpoints.has_value()) {
      info.remote_address = header.endpoints->source;
      info.local_address = header.endpoints->destination;
    }
    if (header.tlvs.empty()) return;
    stream_info::ConnectionInfo::Further& further = info.further.Edit();
    if (config_.to_filter_state) {
      auto fields = FieldsOf(config_.rules, header.tlvs);
      if (!fields.empty()) further.filter_state.Set(kFilterStateKey, std::move(fields), true);
    } else {
      further.metadata = MetadataOf(config_.rules, header.tlvs, further.metadata);
    }
    for (net::ProxyTlv& tlv : header.tlvs) {
      if (config_.pass_through.Takes(tlv.type)) further.proxy_tlvs.push_back(std::move(tlv));
    }
  }

  const ProxyProtocolConfig& config_;
  Stats& stats_;
  size_t consumed_ = 0;
};

class Factory final : public filter::ListenerFilterFactory {
 public:
  explicit Factory(const ProxyProtocolConfig& config) : config_(config) {}

  // Filters live no longer than the listener that they were made for, which has this factory.
  std::unique_ptr<filter::ListenerFilter> Create(filter::WorkerStats& stats) const override {
    return std::make_unique<ProxyProtocol>(
        config_, stats.Get<Stats>({.prefix = "proxy_proto.", .instance = config_.stat_prefix}));
  }

 private:
  const ProxyProtocolConfig config_;
};

}  // namespace

std::span<const stats::Field> Stats::Fields() { return kFields; }

void RegisterFactory(filter::Factories& factories) {
  factories.listener_filters[std::string(kName)] = [](const config::ExtensionConfig& config) {
    return std::make_shared<const Factory>(static_cast<const ProxyProtocolConfig&>(config));
  };
}

}  // namespace weir::extensions::listener::proxy_protocol
