// The half of Configuration that shows what is in force.
#include "source/control/configuration.h"
#include "source/control/validation/diagnostic_proto.h"
#include "source/schema/proto_to_text.h"
#include "source/schema/resource_type.h"

namespace weir::control {
namespace {

using engine::ResourcePtr;

void SetTime(store::WallTime time, google::protobuf::Timestamp& out) {
  const int64_t ns = time.time_since_epoch().count();
  out.set_seconds(ns / 1'000'000'000);
  out.set_nanos(static_cast<int32_t>(ns % 1'000'000'000));
}

}  // namespace

v1::GetResponse Configuration::Get(const v1::GetRequest& request) const {
  MutexLock lock(mutex_);
  v1::GetResponse response;
  response.set_revision(revision_.number);
  const std::string type_url = schema::TypeUrlFromText(request.type()).value_or(request.type());
  for (const auto& view : snapshot_->types()) {
    if (!type_url.empty() && view->type_url() != type_url) continue;
    for (const ResourcePtr& resource : view->resources()) {
      if (!request.name().empty() && resource->name != request.name()) continue;
      v1::StoredResource& out = *response.add_resources();
      out.set_type_url(resource->type_url);
      out.set_name(resource->name);
      out.set_version(resource->hash.Hex());
      const Key key = {resource->type_url, resource->name};
      const bool from_directory = directory_.contains(key);
      out.mutable_origin()->set_kind(from_directory ? v1::Origin::DIRECTORY : v1::Origin::PUSHED);
      out.mutable_origin()->set_file(resource->source.file);
      out.mutable_origin()->set_line(resource->source.line);
      const Entry& entry = from_directory ? directory_.at(key) : pushed_.at(key);
      out.set_changed_in_revision(entry.revision);
      SetTime(entry.changed_at, *out.mutable_changed_at());
      const auto message = validation::MessageOf(*resource);
      if (message == nullptr) continue;
      schema::Redact(*message);
      out.mutable_resource()->set_type_url(resource->type_url);
      message->SerializeToString(out.mutable_resource()->mutable_value());
      out.set_json(schema::MessageToJson(*message));
    }
  }
  return response;
}

void Configuration::FillStatus(v1::StatusResponse& response) const {
  MutexLock lock(mutex_);
  response.set_revision(revision_.number);
  if (revision_.number > 0) SetTime(revision_.time, *response.mutable_revision_since());
  response.set_revision_message(revision_.message);
  response.set_revision_author(revision_.author);
  for (const auto& view : snapshot_->types()) {
    (*response.mutable_resource_counts())[view->type_url()] =
        static_cast<uint32_t>(view->resources().size());
  }
  validation::AddAll(directory_diagnostics_, *response.mutable_source_diagnostics());
}

}  // namespace weir::control
