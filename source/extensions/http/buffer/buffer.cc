#include "source/extensions/http/buffer/buffer.h"

#include "source/extensions/http/buffer/config.h"

namespace weir::extensions::http::buffer {
namespace {

using filter::Direction;
using filter::FilterResult;

class BufferFilter final : public filter::HttpFilter {
 public:
  // Without a limit requests are not held, and tunnels never are: there is no whole of them.
  BufferFilter(filter::HttpFilterHost& host, std::optional<uint32_t> limit)
      : host_(host), limit_(limit) {}

  FilterResult OnRequestHeaders(weir::http::RequestHead& head, bool end) override {
    if (head.framing.kind == weir::http::Framing::kTunnel) limit_.reset();
    if (end || !limit_.has_value()) return FilterResult::kContinue;
    host_.RequireWholeBody(Direction::kRequest, *limit_);
    // What says that it is too long need not come.
    if (head.framing.kind == weir::http::Framing::kLength && head.framing.length > *limit_) {
      host_.SendLocalReply(
          {.status = 413, .body = "Payload Too Large", .details = "request_payload_too_large"});
    }
    return FilterResult::kPause;
  }

  FilterResult OnRequestBody(weir::buffer::Buffer& data, bool end) override {
    if (!limit_.has_value()) return FilterResult::kContinue;
    if (!end) return FilterResult::kPause;
    // What is behind may want to know the length, and an upstream of HTTP/1.0 needs it.
    host_.request().framing = {weir::http::Framing::kLength,
                               host_.held(Direction::kRequest).size() + data.size()};
    return FilterResult::kContinue;
  }

  // Trailers need a coding that has a place for them: the framing stays.
  FilterResult OnRequestTrailers(weir::http::HeaderMap&) override {
    return FilterResult::kContinue;
  }

 private:
  filter::HttpFilterHost& host_;
  std::optional<uint32_t> limit_;
};

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(const BufferConfig& config) : limit_(config.max_request_bytes) {}

  std::unique_ptr<filter::HttpFilter> Create(filter::HttpFilterHost& host) const override {
    const auto* const route = dynamic_cast<const BufferRouteConfig*>(host.route_config());
    return std::make_unique<BufferFilter>(host,
                                          route == nullptr ? limit_ : route->max_request_bytes);
  }

 private:
  const uint32_t limit_;
};

}  // namespace

void RegisterFactory(filter::Factories& factories) {
  factories.http_filters[std::string(kName)] = [](const config::ExtensionConfig& config) {
    return std::make_shared<const Factory>(static_cast<const BufferConfig&>(config));
  };
}

}  // namespace weir::extensions::http::buffer
