// The copies of a RouterFilter's request that go to other clusters (request_mirror_policies).

#include "source/match/header_matcher.h"
#include "source/proxy/router_filter.h"
#include "source/proxy/upstream_name.h"

namespace weir::proxy {

void RouterFilter::StartShadows(const config::RouteAction& action, bool end) {
  const http::RequestHead& head = memory_.request;
  for (const config::MirrorPolicy& mirror : MirrorsFor(action)) {
    if (!mirror.fraction.Contains(platform_.random.Next())) continue;
    const std::string_view name =
        mirror.cluster_field.empty()
            ? std::string_view(mirror.cluster)
            : match::HeaderValue(head, mirror.cluster_field).value_or(std::string_view());
    upstream::Cluster* const cluster = platform_.clusters.Find(name);
    if (cluster == nullptr) continue;
    auto shadow =
        std::make_unique<ShadowRequest>(platform_.loop, platform_.request_memory, buffer_limit_);
    shadow->CopyHead(head);
    http::RequestHead& copy = shadow->head();
    if (!mirror.host_rewrite.empty()) {
      copy.authority = copy.headers.arena().Copy(mirror.host_rewrite);
    } else if (mirror.append_suffix) {
      copy.authority = ShadowAuthority(copy.authority, copy.headers.arena());
    }
    if (!mirror.request_headers.empty()) {
      mirror.request_headers.Apply(copy.headers, {.info = info_, .request = &head});
    }
    upstream::StreamOptions options{.high_priority = options_.high_priority,
                                    .downstream_protocol = options_.downstream_protocol,
                                    .random = platform_.random.Next(),
                                    .hash = options_.hash,
                                    .server_name = UpstreamName(cluster->config()->get(), copy)};
    shadow->Start(*cluster, options, terms_.timeout, end);
    shadows_.push_back(std::move(shadow));
  }
}

}  // namespace weir::proxy
