#include "source/config/proto/router.h"

#include "source/config/proto/access_log.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {

Router DecodeRouter(const envoy::extensions::filters::http::router::v3::Router& message,
                    const Scope& scope) {
  Router router;
  router.suppress_envoy_headers = message.suppress_envoy_headers();
  router.respect_expected_rq_timeout = message.respect_expected_rq_timeout();
  router.dynamic_stats = !message.has_dynamic_stats() || message.dynamic_stats().value();
  for (const std::string& name : message.strict_check_headers()) {
    // The field's rule lets names pass that are known.
    router.strict_checks.push_back(http::LookUpHeader(name));
  }
  router.upstream_logs = DecodeAccessLogs(message.upstream_log(), scope, "upstream_log");
  const auto& when = message.upstream_log_options();
  router.log_upstream_streams = when.flush_upstream_log_on_upstream_stream();
  if (when.has_upstream_log_flush_interval()) {
    router.upstream_log_interval =
        DecodeDuration(when.upstream_log_flush_interval(),
                       scope.Field("upstream_log_options").Field("upstream_log_flush_interval"));
  }
  return router;
}

}  // namespace weir::config::proto
