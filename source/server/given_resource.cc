#include "source/server/given_resource.h"

#include <chrono>

namespace weir::server {

GivenResource::GivenResource(std::string_view name, const config::ConfigSource& source,
                             xds::ResourceSink& sink, event::Loop& loop, event::Random& random)
    : resource_{.content = NamedBytes(name, "", source.given.bytes)},
      interval_(source.given.refresh_interval),
      sink_(sink),
      random_(random),
      retry_(std::chrono::seconds(1), interval_),
      again_(loop, [this] { Deliver(); }),
      patience_(loop, [this] { sink_.OnFetchTimeout(resource_.name()); }),
      self_(std::make_shared<GivenResource*>(this)) {
  patience_.Enable(source.initial_fetch_timeout);
  Deliver();
}

void GivenResource::Deliver() {
  sink_.OnUpdate({.resources = {resource_}},
                 [weak = std::weak_ptr<GivenResource*>(self_)](const xds::Verdict& verdict) {
                   if (const auto self = weak.lock()) (*self)->TakeVerdict(verdict);
                 });
}

void GivenResource::TakeVerdict(const xds::Verdict& verdict) {
  if (verdict.rejections.empty()) {
    patience_.Disable();
    retry_.Reset();
    again_.Enable(interval_);
  } else {
    again_.Enable(retry_.Next(random_.Next()));
  }
}

}  // namespace weir::server
