#include "test/control/engine/script.h"

#include <gtest/gtest.h>

#include <utility>

#include "source/base/check.h"
#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::control::engine {
namespace {

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::string_view word : Split(line, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::pair<std::string_view, std::string_view> Cut(std::string_view text, char at) {
  const size_t found = text.find(at);
  if (found == std::string_view::npos) return {text, {}};
  return {text.substr(0, found), text.substr(found + 1)};
}

ResourcePtr ResourceOf(std::string_view word) {
  const auto [letter, rest] = Cut(word, '/');
  const auto [name, content_and_references] = Cut(rest, '=');
  const auto [content, referred] = Cut(content_and_references, '>');
  std::vector<Reference> references;
  if (!referred.empty()) {
    const std::string_view target = letter == "c" ? "e" : letter == "l" ? "r" : "c";
    for (std::string_view one : Split(referred, ',')) {
      references.push_back({TypeUrlOf(target), std::string(one), "", {}});
    }
  }
  return MakeResource(TypeUrlOf(letter), std::string(name), StrCat(name, "=", content),
                      std::move(references));
}

std::string_view LetterOf(std::string_view type_url) {
  for (std::string_view letter : {"l", "r", "c", "e", "s"}) {
    if (TypeUrlOf(letter) == type_url) return letter;
  }
  return type_url;
}

}  // namespace

std::string TypeUrlOf(std::string_view letter) {
  if (letter == "l") return std::string(kListenerType);
  if (letter == "r") return std::string(kRouteType);
  if (letter == "c") return std::string(kClusterType);
  if (letter == "e") return std::string(kEndpointType);
  if (letter == "s") return std::string(kSecretType);
  return std::string(letter);
}

SnapshotPtr SnapshotOf(std::string_view line, const Snapshot* previous) {
  std::vector<ResourcePtr> resources;
  for (std::string_view word : Words(line)) {
    if (word != "config") resources.push_back(ResourceOf(word));
  }
  auto snapshot = Snapshot::Build("test", std::move(resources), previous);
  WEIR_CHECK(snapshot.ok(), "a test's snapshot is sound");
  return *std::move(snapshot);
}

std::string ContentOf(const Resource& resource) { return std::string(MessageBytes(resource)); }

std::string ShownResponse(const Response& response) {
  std::vector<std::string> parts;
  for (const ResourcePtr& resource : response.resources) parts.push_back(ContentOf(*resource));
  for (const std::string& name : response.removed) parts.push_back(StrCat("-", name));
  return StrCat(LetterOf(response.type_url), "{", Join(parts, " "), "}");
}

Script::Script(Variant variant, std::string_view only_type)
    : variant_(variant), only_type_(only_type) {
  Reconnect();
}

void Script::Reconnect() {
  // As the engine does when a stream ends.
  if (stream_ != nullptr) history_.partly_held["node"] = stream_->PartlyHeldClusters();
  if (history_.partly_held["node"] == nullptr) history_.partly_held.clear();
  StreamOptions options;
  options.variant = variant_;
  options.only_type = only_type_;
  stream_ = std::make_unique<Stream>(1, options, snapshot_, history_, "peer", now_);
  sent_node_ = false;
  names_.clear();
  nonces_.clear();
}

void Script::Fill(std::string_view words, Request& request) const {
  for (std::string_view word : Words(words)) {
    if (word.starts_with("init:")) {
      const auto [name, content] = Cut(word.substr(5), '=');
      const ResourcePtr held = ResourceOf(StrCat(LetterOf(request.type_url), "/", word.substr(5)));
      request.initial_resource_versions.emplace_back(name, held->hash.Hex());
    } else if (word.starts_with("version:")) {
      request.version_info = word.substr(8);
    } else if (variant_ == Variant::kSotw) {
      request.resource_names.emplace_back(word);
    } else if (word.starts_with('+')) {
      request.subscribe.emplace_back(word.substr(1));
    } else {
      WEIR_CHECK(word.starts_with('-'), "a delta name has a sign");
      request.unsubscribe.emplace_back(word.substr(1));
    }
  }
}

std::string Script::Send(Request request) {
  if (!sent_node_) {
    request.node.emplace();
    request.node->id = "node";
    sent_node_ = true;
  }
  names_[request.type_url] = request.resource_names;
  const absl::Status status = stream_->OnRequest(request, now_, responses_);
  if (!status.ok()) return StrCat("closed: ", MessageOf(status));
  return Shown();
}

std::string Script::Shown() {
  std::vector<std::string> shown;
  for (const Response& response : responses_) {
    EXPECT_NE(nonces_[response.type_url], response.nonce);
    nonces_[response.type_url] = response.nonce;
    versions_[response.type_url] = response.version;
    shown.push_back(ShownResponse(response));
  }
  return Join(shown, " ");
}

std::string Script::Run(std::string_view action) {
  responses_.clear();
  const auto [verb, rest] = Cut(action, ' ');
  if (verb == "config") {
    if (const TypeView* clusters = snapshot_->Find(kClusterType)) {
      history_.views.insert(history_.views.begin(), std::make_shared<const TypeView>(*clusters));
    }
    snapshot_ = SnapshotOf(rest, snapshot_.get());
    stream_->SetSnapshot(snapshot_, now_, responses_);
    return Shown();
  }
  if (verb == "time") {
    now_ += std::chrono::seconds(*ParseUint64(rest));
    stream_->OnTimer(now_, responses_);
    return Shown();
  }
  if (verb == "retry") {
    stream_->Retry(now_, responses_);
    return Shown();
  }
  if (verb == "reconnect") {
    Reconnect();
    return "";
  }
  Request request;
  if (verb == "ack" || verb == "nack") {
    const auto [letter, text] = Cut(rest, ' ');
    request.type_url = TypeUrlOf(letter);
    if (verb == "nack") request.error = Rejection{3, std::string(text)};
    if (variant_ == Variant::kSotw) request.resource_names = names_[request.type_url];
    request.response_nonce = nonces_[request.type_url];
    return Send(std::move(request));
  }
  if (verb == "stale") {
    const auto [letter, names] = Cut(rest, ' ');
    request.type_url = TypeUrlOf(letter);
    request.response_nonce = "old";
    Fill(names, request);
    const auto kept = names_[request.type_url];
    std::string answer = Send(std::move(request));
    if (variant_ == Variant::kSotw) names_[TypeUrlOf(letter)] = kept;
    return answer;
  }
  request.type_url = TypeUrlOf(verb);
  // A delta client's spontaneous request carries no nonce (D3).
  if (variant_ == Variant::kSotw) request.response_nonce = nonces_[request.type_url];
  Fill(rest, request);
  return Send(std::move(request));
}

TypeStatus Script::StatusOf(std::string_view letter) const {
  for (const TypeStatus& type : stream_->Status().types) {
    if (type.type_url == TypeUrlOf(letter)) return type;
  }
  ADD_FAILURE() << "no status of " << letter;
  return {};
}

void RunRow(Variant variant, const Row& row) {
  SCOPED_TRACE(StrCat(row.rule, ": ", row.what));
  Script script(variant);
  for (size_t i = 0; i < row.steps.size(); ++i) {
    const Step& step = row.steps[i];
    EXPECT_EQ(script.Run(step.action), step.answer) << "step " << i << ": " << step.action;
  }
}

}  // namespace weir::control::engine
