// Bootstraps that scenarios start from.
#pragma once

#include <string>

#include "source/base/strings.h"

namespace weir::scenario {

// Pieces of a bootstrap; each has a default that most scenarios keep.
struct Edge {
  // The routes of the one virtual host, without indentation.
  std::string routes =
      "- match: { prefix: \"/\" }\n"
      "  route: { cluster: web }\n";
  // Further fields of the listener, without indentation.
  std::string listener_options;
  // Further fields of the connection manager, without indentation, one a line in flow style.
  std::string http_options;
  // HTTP filters before the router, without indentation.
  std::string http_filters;
  // Further fields of the cluster, in the same way.
  std::string cluster_options;
  // host:port pairs of the cluster's endpoints.
  std::vector<std::string> endpoints = {"10.0.0.1:80"};
  // Further fields of each endpoint, in flow style.
  std::string endpoint_options;
  std::string virtual_host_options;
  // Further fields of the filter chain, in the same way.
  std::string chain_options;
  // Whole lines behind the clusters.
  std::string more_resources;
  std::string log_format = "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %BYTES_SENT%";
  std::string table_options;
  // Further fields of the router, one a line in flow style.
  std::string router_options;
};

inline std::string Indented(const std::string& lines, size_t by) {
  std::string out;
  for (std::string_view line : Split(lines, '\n')) {
    if (!line.empty()) StrAppend(out, std::string(by, ' '), line, "\n");
  }
  return out;
}

// One listener on 10.0.0.100:80 with a connection manager, one cluster "web". Every finished
// request is logged in `log_format`, by default as "status flags details bytes".
inline std::string EdgeBootstrap(const Edge& edge = {}) {
  std::string yaml = R"(
node: { id: n, cluster: c }
static_resources:
  listeners:
  - name: edge
    address: { socket_address: { address: 10.0.0.100, port_value: 80 } }
)";
  yaml += Indented(edge.listener_options, 4);
  yaml += "    filter_chains:\n    - name: main\n" + Indented(edge.chain_options, 6);
  yaml += R"(      filters:
      - name: http
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: edge
          http_filters:
)";
  yaml += Indented(edge.http_filters, 10);
  yaml += R"(          - name: router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
)";
  yaml += Indented(edge.router_options, 14);
  yaml += R"(          access_log:
          - name: stdout
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog
              log_format:
                text_format_source:
                  inline_string: )";
  yaml += "\"" + edge.log_format + "\"\n";
  yaml += Indented(edge.http_options, 10);
  yaml += R"(          route_config:
            name: routes
            virtual_hosts:
            - name: all
              domains: ["*"]
)";
  yaml += Indented(edge.virtual_host_options, 14);
  yaml += "              routes:\n" + Indented(edge.routes, 14);
  yaml += Indented(edge.table_options, 12);
  yaml += R"(
  clusters:
  - name: web
    type: STATIC
    connect_timeout: 1s
)";
  yaml += Indented(edge.cluster_options, 4);
  yaml +=
      "    load_assignment:\n      cluster_name: web\n      endpoints:\n      - lb_endpoints:\n";
  for (const std::string& endpoint : edge.endpoints) {
    const size_t colon = endpoint.rfind(':');
    const std::string_view separator = edge.endpoint_options.empty() ? "" : ", ";
    StrAppend(yaml, "        - endpoint: { address: { socket_address: { address: ",
              endpoint.substr(0, colon), ", port_value: ", endpoint.substr(colon + 1), " } }",
              separator, edge.endpoint_options, " }\n");
  }
  yaml += edge.more_resources;
  return yaml;
}

}  // namespace weir::scenario
