#include "source/extensions/http/set_filter_state/set_filter_state.h"

#include <optional>

#include "source/extensions/http/set_filter_state/config.h"

namespace weir::extensions::http::set_filter_state {
namespace {

using stream_info::FilterState;

// Nothing when `text` is none of that kind.
std::optional<FilterState::Object> MakeObject(StateValue::Kind kind, std::string text) {
  if (kind != StateValue::Kind::kAddress) {
    return FilterState::Text{.value = std::move(text),
                             .hashable = kind == StateValue::Kind::kHashableText};
  }
  const std::optional<net::IpAddress> ip = net::IpAddress::Parse(text);
  if (!ip.has_value()) return std::nullopt;
  return net::Address::Ip(*ip, 0);
}

class SetFilterState final : public filter::HttpFilter {
 public:
  SetFilterState(const SetFilterStateConfig& config, filter::HttpFilterHost& host)
      : config_(config), host_(host) {}

  filter::FilterResult OnRequestHeaders(weir::http::RequestHead& head, bool) override {
    stream_info::StreamInfo& info = host_.info();
    for (const StateValue& value : config_.values) {
      std::string text;
      value.format.Append(text, {.info = info, .request = &head, .now = host_.loop().Now()});
      if (text.empty() && value.skip_if_empty) continue;
      auto object = MakeObject(value.kind, std::move(text));
      if (!object.has_value()) continue;
      info.found.Edit().filter_state.Set(value.key, *std::move(object), value.read_only);
    }
    if (config_.clear_route_cache) info.route_outdated = true;
    return filter::FilterResult::kContinue;
  }

 private:
  const SetFilterStateConfig& config_;
  filter::HttpFilterHost& host_;
};

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(const SetFilterStateConfig& config) : config_(config) {}

  // Filters live no longer than the chain that has this factory.
  std::unique_ptr<filter::HttpFilter> Create(filter::HttpFilterHost& host) const override {
    return std::make_unique<SetFilterState>(config_, host);
  }

 private:
  const SetFilterStateConfig config_;
};

}  // namespace

void RegisterFactory(filter::Factories& factories) {
  factories.http_filters[std::string(kName)] = [](const config::ExtensionConfig& config) {
    return std::make_shared<const Factory>(static_cast<const SetFilterStateConfig&>(config));
  };
}

}  // namespace weir::extensions::http::set_filter_state
