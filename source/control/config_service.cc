#include "source/control/config_service.h"

#include <algorithm>

namespace weir::control {
namespace {

void SetTime(event::SystemTime time, google::protobuf::Timestamp& out) {
  const int64_t ns = time.time_since_epoch().count();
  out.set_seconds(ns / 1'000'000'000);
  out.set_nanos(static_cast<int32_t>(ns % 1'000'000'000));
}

class Times {
 public:
  explicit Times(const event::Clock& clock)
      : monotonic_(clock.Monotonic()), system_(clock.System()) {}
  // Nothing for the epoch, which stands for "never".
  void Set(engine::Time time, google::protobuf::Timestamp* (v1::TypeStatus::*field)(),
           v1::TypeStatus& out) const {
    if (time != engine::Time()) SetTime(Wall(time), *(out.*field)());
  }
  event::SystemTime Wall(engine::Time time) const { return system_ + (time - monotonic_); }

 private:
  const event::MonotonicTime monotonic_;
  const event::SystemTime system_;
};

void AddType(const engine::TypeStatus& type, bool delta, const Times& times, v1::NodeStatus& node) {
  v1::TypeStatus& out = *node.add_types();
  out.set_type_url(type.type_url);
  out.set_delta(delta);
  out.set_version_sent(type.sent_version);
  out.set_version_acked(type.acked_version);
  out.set_nonce(type.nonce);
  out.set_awaiting_answer(type.waiting);
  times.Set(type.sent_at, &v1::TypeStatus::mutable_sent_at, out);
  times.Set(type.answered_at, &v1::TypeStatus::mutable_answered_at, out);
  out.set_subscribed(static_cast<uint32_t>(type.wildcard ? type.known : type.subscribed));
  out.set_wildcard(type.wildcard);
  out.set_acks(type.acks);
  out.set_nacks(type.nacks);
  for (const std::string& name : type.missing) out.add_missing(name);
  if (!type.nack) return;
  v1::Rejection& rejection = *out.mutable_last_rejection();
  rejection.set_code(type.nack->rejection.code);
  rejection.set_message(type.nack->rejection.message);
  SetTime(times.Wall(type.nack->time), *rejection.mutable_time());
  rejection.set_version_rejected(type.nack->version);
  rejection.set_nonce(type.nack->nonce);
  for (const std::string& name : type.nack->resources) rejection.add_resources(name);
}

}  // namespace

void AddNodes(const std::vector<engine::NodeStatus>& nodes, const event::Clock& clock,
              v1::StatusResponse& response) {
  const Times times(clock);
  for (const engine::NodeStatus& node : nodes) {
    // A stream that has not said who it is.
    if (node.node.id.empty()) continue;
    v1::NodeStatus& out = *response.add_nodes();
    out.set_id(node.node.id);
    out.set_cluster(node.node.cluster);
    out.set_user_agent(node.node.user_agent);
    out.set_address(node.peer);
    out.set_connected(true);
    SetTime(times.Wall(node.connected), *out.mutable_since());
    bool in_sync = node.phase == engine::Phase::kSettled && !node.stuck;
    for (const engine::TypeStatus& type : node.types) {
      in_sync = in_sync && !type.waiting && !type.nack;
      AddType(type, node.variant == engine::Variant::kDelta, times, out);
    }
    out.set_in_sync(in_sync);
  }
}

template <typename Answer>
grpc::ServerUnaryReactor* ConfigService::AnswerIfAllowed(grpc::CallbackServerContext* context,
                                                         Answer answer) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const absl::Status allowed =
      callers_ == nullptr ? absl::OkStatus() : callers_->CheckAdmin(*context);
  if (allowed.ok()) answer();
  reactor->Finish(ToGrpc(allowed));
  return reactor;
}

grpc::ServerUnaryReactor* ConfigService::Push(grpc::CallbackServerContext* context,
                                              const v1::PushRequest* request,
                                              v1::PushResponse* response) {
  return AnswerIfAllowed(context, [&] { *response = configuration_.Push(*request); });
}

grpc::ServerUnaryReactor* ConfigService::Validate(grpc::CallbackServerContext* context,
                                                  const v1::ValidateRequest* request,
                                                  v1::ValidateResponse* response) {
  return AnswerIfAllowed(context, [&] { *response = configuration_.Validate(*request); });
}

grpc::ServerUnaryReactor* ConfigService::Get(grpc::CallbackServerContext* context,
                                             const v1::GetRequest* request,
                                             v1::GetResponse* response) {
  return AnswerIfAllowed(context, [&] { *response = configuration_.Get(*request); });
}

grpc::ServerUnaryReactor* ConfigService::Delete(grpc::CallbackServerContext* context,
                                                const v1::DeleteRequest* request,
                                                v1::DeleteResponse* response) {
  return AnswerIfAllowed(context, [&] { *response = configuration_.Delete(*request); });
}

grpc::ServerUnaryReactor* ConfigService::Status(grpc::CallbackServerContext* context,
                                                const v1::StatusRequest* request,
                                                v1::StatusResponse* response) {
  return AnswerIfAllowed(context, [&] {
    configuration_.FillStatus(*response);
    std::vector<engine::NodeStatus> nodes = engine_.Status();
    if (!request->node_id().empty()) {
      std::erase_if(nodes, [&](const engine::NodeStatus& node) {
        return node.node.id != request->node_id();
      });
    }
    AddNodes(nodes, clock_, *response);
    response->set_server_version("weir-control");
  });
}

}  // namespace weir::control
