#include "test/control/engine/model_client.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/check.h"
#include "source/base/strings.h"
#include "test/control/engine/script.h"

namespace weir::control::engine {
namespace {

namespace discovery = ::envoy::service::discovery::v3;

std::string LetterOf(const std::string& type_url) {
  for (const char* letter : {"l", "r", "c", "e"}) {
    if (TypeUrlOf(letter) == type_url) return letter;
  }
  ADD_FAILURE() << "an unknown type " << type_url;
  return "";
}

std::string NameIn(const std::string& content) { return content.substr(0, content.find('=')); }

}  // namespace

std::vector<std::string> ReferencesOf(const std::string& content) {
  std::vector<std::string> names;
  const size_t at = content.find('>');
  if (at == std::string::npos) return names;
  for (std::string_view name : Split(std::string_view(content).substr(at + 1), ',')) {
    names.emplace_back(name);
  }
  return names;
}

void ModelClient::Connect(Time now) {
  engine_->Close(stream_);
  stream_ = engine_->Open({.variant = variant_}, "peer", now);
  node_sent_ = false;
  inbox_.clear();
  outbox_.clear();
  nonces_.clear();
  journal_.push_back("connects");
  First("c");
  if (!wanted_["e"].empty()) First("e");
  if (listeners_asked_) First("l");
  if (!wanted_["r"].empty()) First("r");
}

bool ModelClient::can_tell_what_it_holds() const {
  const auto accepted = versions_.find("c");
  const bool has_version = accepted != versions_.end() && !accepted->second.empty();
  return variant_ == Variant::kDelta || has_version || !held_.contains("c");
}

void ModelClient::First(const std::string& type) {
  if (variant_ == Variant::kSotw) {
    const auto& names = wanted_[type];
    Ask(type, {names.begin(), names.end()}, {});
    return;
  }
  discovery::DeltaDiscoveryRequest request;
  request.set_type_url(TypeUrlOf(type));
  if (!node_sent_) request.mutable_node()->set_id("model");
  node_sent_ = true;
  for (const std::string& name : wanted_[type]) request.add_resource_names_subscribe(name);
  for (const auto& [name, version] : held_versions_[type]) {
    // A cluster that still warms needs its endpoints once more.
    if (type == "e" && warming_.contains(name)) continue;
    (*request.mutable_initial_resource_versions())[name] = version;
  }
  outbox_.push_back(request.SerializeAsString());
}

void ModelClient::Ask(const std::string& type, std::vector<std::string> added,
                      std::vector<std::string> dropped) {
  if (variant_ == Variant::kSotw) {
    discovery::DiscoveryRequest request;
    request.set_type_url(TypeUrlOf(type));
    if (!node_sent_) request.mutable_node()->set_id("model");
    for (const std::string& name : wanted_[type]) request.add_resource_names(name);
    request.set_response_nonce(nonces_[type]);
    request.set_version_info(versions_[type]);
    outbox_.push_back(request.SerializeAsString());
  } else {
    discovery::DeltaDiscoveryRequest request;
    request.set_type_url(TypeUrlOf(type));
    if (!node_sent_) request.mutable_node()->set_id("model");
    for (std::string& name : added) request.add_resource_names_subscribe(name);
    for (std::string& name : dropped) request.add_resource_names_unsubscribe(name);
    outbox_.push_back(request.SerializeAsString());
  }
  node_sent_ = true;
}

void ModelClient::Receive(const Outgoing& outgoing) {
  if (outgoing.stream != stream_) return;
  ASSERT_TRUE(outgoing.close.ok()) << outgoing.close;
  inbox_.push_back(outgoing.bytes.Joined());
}

ModelClient::Incoming ModelClient::Decode(const std::string& bytes) const {
  Incoming incoming;
  const auto add = [&](const google::protobuf::Any& any, const std::string& version) {
    const std::string name = NameIn(any.value());
    EXPECT_FALSE(incoming.resources.contains(name)) << "C7: " << name << " twice";
    incoming.resources[name] = {any.value(), version};
  };
  if (variant_ == Variant::kSotw) {
    discovery::DiscoveryResponse response;
    EXPECT_TRUE(response.ParseFromString(bytes));
    incoming.type = LetterOf(response.type_url());
    incoming.nonce = response.nonce();
    incoming.version = response.version_info();
    for (const auto& any : response.resources()) add(any, "");
    incoming.whole = incoming.type == "c" || incoming.type == "l";
    return incoming;
  }
  discovery::DeltaDiscoveryResponse response;
  EXPECT_TRUE(response.ParseFromString(bytes));
  incoming.type = LetterOf(response.type_url());
  incoming.nonce = response.nonce();
  for (const auto& resource : response.resources()) {
    add(resource.resource(), resource.version());
    EXPECT_EQ(resource.name(), NameIn(resource.resource().value()));
  }
  for (const std::string& name : response.removed_resources()) {
    EXPECT_FALSE(incoming.resources.contains(name)) << "D10: " << name << " in both lists";
    incoming.removed.push_back(name);
  }
  return incoming;
}

void ModelClient::TakeOne() {
  ++responses_;
  const Incoming incoming = Decode(inbox_.front());
  std::string shown = StrCat("  takes ", incoming.type, "#", incoming.nonce);
  for (const auto& [name, content] : incoming.resources) StrAppend(shown, " ", content.first);
  for (const std::string& name : incoming.removed) StrAppend(shown, " -", name);
  journal_.push_back(std::move(shown));
  inbox_.pop_front();
  nonces_[incoming.type] = incoming.nonce;
  std::string refused;
  Apply(incoming, refused);
  Answer(incoming, refused);
  if (incoming.type == "c") Resubscribe("c", "e");
  if (incoming.type == "l") Resubscribe("l", "r");
  if (!listeners_asked_ && incoming.type != "l" && warming_.empty()) {
    listeners_asked_ = true;
    First("l");
  }
  CheckRoutes();
}

void ModelClient::Apply(const Incoming& incoming, std::string& refused) {
  auto& held = held_[incoming.type];
  auto& versions = held_versions_[incoming.type];
  std::vector<std::string> removed = incoming.removed;
  if (incoming.whole) {
    for (const auto& [name, content] : held) {
      if (!incoming.resources.contains(name)) removed.push_back(name);
    }
  }
  const bool by_name = incoming.type == "e" || incoming.type == "r";
  for (const auto& [name, content] : incoming.resources) {
    if (by_name && !wanted_[incoming.type].contains(name)) continue;  // Dropped meanwhile.
    if (content.first.find("bad") != std::string::npos) {
      refused += name + " is bad; ";
      continue;
    }
    const bool same = held.contains(name) && held[name] == content.first;
    held[name] = content.first;
    versions[name] = content.second;
    if (incoming.type == "c" && !same) warming_.insert(name);
    if (incoming.type == "e" && warming_.erase(name) > 0) usable_.insert(name);
  }
  for (const std::string& name : removed) {
    held.erase(name);
    versions.erase(name);
    if (incoming.type == "c") {
      usable_.erase(name);
      warming_.erase(name);
    }
  }
}

// The names of `child` that the held `parent` resources refer to.
void ModelClient::Resubscribe(const std::string& parent, const std::string& child) {
  std::set<std::string> wanted;
  for (const auto& [name, content] : held_[parent]) {
    for (const std::string& reference : ReferencesOf(content)) wanted.insert(reference);
  }
  std::vector<std::string> added, dropped;
  std::set_difference(wanted.begin(), wanted.end(), wanted_[child].begin(), wanted_[child].end(),
                      std::back_inserter(added));
  std::set_difference(wanted_[child].begin(), wanted_[child].end(), wanted.begin(), wanted.end(),
                      std::back_inserter(dropped));
  if (added.empty() && dropped.empty()) return;
  wanted_[child] = wanted;
  for (const std::string& name : dropped) {
    held_[child].erase(name);
    held_versions_[child].erase(name);
  }
  Ask(child, added, dropped);
}

void ModelClient::Answer(const Incoming& incoming, const std::string& refused) {
  if (refused.empty()) versions_[incoming.type] = incoming.version;
  if (variant_ == Variant::kSotw) {
    discovery::DiscoveryRequest request;
    request.set_type_url(TypeUrlOf(incoming.type));
    request.set_response_nonce(incoming.nonce);
    request.set_version_info(versions_[incoming.type]);
    for (const std::string& name : wanted_[incoming.type]) request.add_resource_names(name);
    if (!refused.empty()) request.mutable_error_detail()->set_message(refused);
    outbox_.push_back(request.SerializeAsString());
    return;
  }
  discovery::DeltaDiscoveryRequest request;
  request.set_type_url(TypeUrlOf(incoming.type));
  request.set_response_nonce(incoming.nonce);
  if (!refused.empty()) request.mutable_error_detail()->set_message(refused);
  outbox_.push_back(request.SerializeAsString());
}

std::string ModelClient::Shown(const std::string& request) const {
  if (variant_ == Variant::kSotw) {
    discovery::DiscoveryRequest message;
    EXPECT_TRUE(message.ParseFromString(request));
    return message.ShortDebugString();
  }
  discovery::DeltaDiscoveryRequest message;
  EXPECT_TRUE(message.ParseFromString(request));
  return message.ShortDebugString();
}

void ModelClient::SendOne(Time now, std::vector<Outgoing>& out) {
  const std::string request = outbox_.front();
  journal_.push_back("  sends " + Shown(request));
  outbox_.pop_front();
  engine_->OnRequest(stream_, request, now, out);
}

// A route that has worked goes on working; the first one of a client may come before what it needs.
void ModelClient::CheckRoutes() {
  const auto& routes = held_["r"];
  for (const auto& [name, content] : routes) {
    bool works = true;
    for (const std::string& cluster : ReferencesOf(content)) works &= usable_.contains(cluster);
    if (works) working_.insert(name);
    EXPECT_TRUE(works || !working_.contains(name)) << "route " << content << " leads to no cluster";
  }
  std::erase_if(working_, [&](const std::string& name) { return !routes.contains(name); });
}

}  // namespace weir::control::engine
