#include "source/control/engine/response.h"

#include <utility>

#include "source/control/engine/wire.h"

namespace weir::control::engine {
namespace {

// envoy.service.discovery.v3.Resource: version = 1, resource = 2, name = 3.
std::string Wrap(const Resource& resource) {
  std::string out;
  out.reserve(resource.any.size() + resource.name.size() + 48);
  wire::AppendField(out, 1, resource.hash.Hex());
  wire::AppendElement(out, 2, resource.any);
  wire::AppendField(out, 3, resource.name);
  return out;
}

// google.protobuf.Any around a wrapped resource.
std::string WrapInAny(const Resource& resource) {
  std::string out;
  wire::AppendField(out, 1, "type.googleapis.com/envoy.service.discovery.v3.Resource");
  wire::AppendField(out, 2, Wrap(resource));
  return out;
}

// DiscoveryResponse: version_info = 1, resources = 2, type_url = 4.
std::string SotwBody(const Response& response) {
  std::string out;
  size_t size = response.version.size() + response.type_url.size() + 16;
  for (const ResourcePtr& resource : response.resources) size += resource->any.size() + 8;
  out.reserve(size);
  wire::AppendField(out, 1, response.version);
  for (const ResourcePtr& resource : response.resources) {
    wire::AppendElement(out, 2, response.wrapped ? WrapInAny(*resource) : resource->any);
  }
  wire::AppendField(out, 4, response.type_url);
  return out;
}

// DeltaDiscoveryResponse: resources = 2, type_url = 4, removed_resources = 6.
std::string DeltaBody(const Response& response) {
  std::string out;
  for (const ResourcePtr& resource : response.resources) {
    wire::AppendElement(out, 2, Wrap(*resource));
  }
  wire::AppendField(out, 4, response.type_url);
  for (const std::string& name : response.removed) wire::AppendElement(out, 6, name);
  return out;
}

// nonce = 5 in both; control_plane = 6 (SotW) or 7 (delta), whose identifier = 1; and the delta
// response's system_version_info = 1, which is for people (D10).
std::string Tail(const Response& response) {
  std::string out;
  std::string control_plane;
  wire::AppendField(control_plane, 1, response.label);
  if (response.variant == Variant::kDelta) wire::AppendField(out, 1, response.label);
  wire::AppendField(out, 5, response.nonce);
  wire::AppendField(out, response.variant == Variant::kSotw ? 6 : 7, control_plane);
  return out;
}

}  // namespace

EncodedResponse ResponseEncoder::Encode(const Response& response) {
  for (const Entry& entry : entries_) {
    if (entry.variant == response.variant && entry.wrapped == response.wrapped &&
        entry.type_url == response.type_url && entry.version == response.version &&
        entry.resources == response.resources && entry.removed == response.removed) {
      return {entry.body, Tail(response)};
    }
  }
  ++encoded_bodies_;
  auto body = std::make_shared<const std::string>(
      response.variant == Variant::kSotw ? SotwBody(response) : DeltaBody(response));
  if (response.type_url != kSecretType) {
    entries_.push_front({response.variant, response.wrapped, response.type_url, response.version,
                         response.resources, response.removed, body});
    if (entries_.size() > kEntries) entries_.pop_back();
  }
  return {std::move(body), Tail(response)};
}

}  // namespace weir::control::engine
