#include "test/interop/control_plane.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "source/base/strings.h"

namespace weir::interop {
namespace {

namespace v1 = control::v1;

constexpr auto kCallWithin = std::chrono::seconds(20);

void Prepare(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + kCallWithin);
  context.set_wait_for_ready(true);
}

}  // namespace

ControlPlane::ControlPlane(uint16_t port, std::vector<std::string> flags)
    : port_(port), flags_(std::move(flags)) {}

void ControlPlane::Start() {
  std::vector<std::string> words = {"source/exe/weir-control", "--listen",
                                    StrCat("127.0.0.1:", port_)};
  words.insert(words.end(), flags_.begin(), flags_.end());
  process_ = std::make_unique<Process>(std::move(words), ScratchPath("control.log"));
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  // The channel of the process before knows that it failed; this one begins anew.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  stub_ = v1::ConfigService::NewStub(grpc::CreateCustomChannel(
      StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials(), arguments));
}

v1::PushResponse ControlPlane::Push(const std::string& yaml) {
  v1::PushRequest request;
  request.set_replace(true);
  v1::File& file = *request.add_files();
  file.set_path("all.yaml");
  file.set_text(yaml);
  v1::PushResponse response;
  grpc::ClientContext context;
  Prepare(context);
  const grpc::Status status = stub_->Push(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message() << "\n" << LogTail();
  return response;
}

v1::StatusResponse ControlPlane::Status() {
  v1::StatusResponse response;
  grpc::ClientContext context;
  Prepare(context);
  const grpc::Status status = stub_->Status(&context, v1::StatusRequest(), &response);
  EXPECT_TRUE(status.ok()) << status.error_message() << "\n" << LogTail();
  return response;
}

std::string Bootstrap(uint16_t admin, uint16_t control, XdsVariant variant) {
  return StrCat(R"(
node: { id: zero, cluster: test }
admin: { address: { socket_address: { address: 127.0.0.1, port_value: )",
                admin, R"( } } }
dynamic_resources:
  ads_config:
    api_type: )",
                variant == XdsVariant::kDelta ? "DELTA_GRPC" : "GRPC", R"(
    transport_api_version: V3
    grpc_services: [ { envoy_grpc: { cluster_name: control_plane } } ]
  lds_config: { resource_api_version: V3, ads: {} }
  cds_config: { resource_api_version: V3, ads: {} }
static_resources:
  clusters:
  - name: control_plane
    type: STATIC
    connect_timeout: 1s
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: { http2_protocol_options: {} }
    load_assignment:
      cluster_name: control_plane
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: )",
                control, " } } }\n");
}

}  // namespace weir::interop
