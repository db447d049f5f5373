// Resources as a control plane may send them, and the bootstrap, made into the structs of
// source/config: nothing crashes, a refusal says where and why, and what is taken is taken the same
// again, with indices that can be built or a reason why not.
//
// The first line chooses: "listener", "route", "cluster", "endpoints", "secret" or "bootstrap".
// Then the resource as YAML; a line that ends with "bytes" is followed by those of the message.
// "file.yaml" and "file.pb" are files of resources (path_config_source), "secrets" those that a
// start needs.
#include <memory>
#include <string>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/base/check.h"
#include "source/config/proto/decode.h"
#include "source/exe/extensions.h"
#include "source/exe/resource_file.h"
#include "source/http/syntax.h"
#include "source/router/chain_index.h"
#include "source/router/route_index.h"
#include "source/schema/config_text.h"
#include "source/schema/full_pool.h"
#include "source/schema/resource_type.h"
#include "source/schema/text_to_proto.h"
#include "test/fuzz/lines.h"

namespace weir::config::proto {
namespace {

class FixedData final : public DataReader {
 public:
  absl::StatusOr<std::string> ReadFile(const std::string& path) const override { return path; }
  absl::StatusOr<std::string> ReadEnvironment(const std::string& variable) const override {
    return variable;
  }
};

const ExtensionDecoders& Extensions() {
  static const ExtensionDecoders* const kDecoders = [] {
    auto* const decoders = new ExtensionDecoders();
    exe::RegisterDecoders(*decoders);
    return decoders;
  }();
  return *kDecoders;
}

DecodeOptions Options(bool allow_unknown_fields) {
  static const FixedData kData;
  return {.extensions = Extensions(),
          .data = kData,
          .allow_unknown_fields = allow_unknown_fields,
          .now = [] { return std::chrono::system_clock::from_time_t(1'800'000'000); },
          .node_id = "fuzzed"};
}

void CheckErrors(const schema::Diagnostics& diagnostics, std::string_view type_url) {
  for (const schema::Diagnostic& error : diagnostics.all()) {
    WEIR_CHECK(!error.message.empty(), "an error has a reason");
    WEIR_CHECK(error.type_url == type_url, "an error says what it is about");
  }
}

// What the table makes of a request can be sent.
void CheckRequest(const router::RouteIndex& index, std::string_view path) {
  buffer::BlockPool pool;
  buffer::Arena arena(pool);
  http::RequestHead head(arena);
  head.method = "GET";
  head.scheme = "http";
  head.authority = "a.example:8080";
  head.path = path;
  head.headers.Add("x-kind", "b");
  head.headers.Add("cookie", "session=1");
  const stream_info::ConnectionInfo connection;
  const stream_info::StreamInfo info(connection);
  const router::Decision decision = index.Match({.head = head, .stream = &info});
  if (decision.kind == router::Decision::Kind::kRoute) {
    WEIR_CHECK(http::IsValidPath(router::RewritePath(*decision.route, head, info)), "a path");
    WEIR_CHECK(http::IsValidAuthority(router::RewriteAuthority(decision, head, info)), "a host");
  } else if (decision.kind == router::Decision::Kind::kRedirect) {
    const std::string location =
        decision.route == nullptr
            ? router::HttpsLocation(head)
            : router::RedirectLocation(std::get<RedirectAction>(decision.route->action),
                                       *decision.route, head, info);
    WEIR_CHECK(http::HeaderMap::IsValidValue(location), "a value of a field");
  }
}

void CheckIndices(const ResourceValue& value) {
  if (const auto* table = std::get_if<std::shared_ptr<const RouteTable>>(&value)) {
    const auto index = router::RouteIndex::Create(*table);
    if (!index.ok()) {
      WEIR_CHECK(!index.status().message().empty(), "a refusal has a reason");
      return;
    }
    for (const char* const path : {"/", "/api/x?q=1", "/apix"}) CheckRequest(**index, path);
  } else if (const auto* listener = std::get_if<std::shared_ptr<const Listener>>(&value)) {
    const auto index = router::ChainIndex::Create(
        (*listener)->filter_chains, (*listener)->default_filter_chain, (*listener)->chain_matcher);
    WEIR_CHECK(index.ok() || !index.status().message().empty(), "a refusal has a reason");
  }
}

// Route tables are compared as bytes, before they are decoded.
bool Same(const ResourceValue& a, const ResourceValue& b) {
  if (std::holds_alternative<std::shared_ptr<const RouteTable>>(a)) return a.index() == b.index();
  return std::visit(
      [&b](const auto& value) {
        using Pointer = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Pointer, std::shared_ptr<const RouteTable>>)
          return true;
        else
          return *value == *std::get<Pointer>(b);
      },
      a);
}

std::optional<DecodedResource> DecodeAs(std::string_view type_url, std::string_view bytes,
                                        bool allow_unknown_fields) {
  schema::Diagnostics diagnostics;
  auto resource = DecodeResource(type_url, bytes, Options(allow_unknown_fields), diagnostics);
  WEIR_CHECK(resource.has_value() != diagnostics.has_errors(), "refused, or taken");
  CheckErrors(diagnostics, type_url);
  return resource;
}

void CheckBytes(std::string_view type_url, std::string_view bytes) {
  const auto resource = DecodeAs(type_url, bytes, false);
  const auto lenient = DecodeAs(type_url, bytes, true);
  if (!resource.has_value()) return;
  WEIR_CHECK(lenient.has_value() && lenient->name == resource->name, "leniency refuses no more");
  WEIR_CHECK(Same(resource->value, lenient->value), "and changes nothing that is supported");
  CheckIndices(resource->value);
}

// With the whole API's types and without any check, so that decoding has to find what is wrong.
void CheckText(std::string_view type_url, std::string_view text) {
  schema::Diagnostics diagnostics;
  const auto documents = schema::ReadDocuments(
      {.text = text, .file = "fuzz", .format = schema::SourceText::Format::kYaml}, diagnostics);
  const auto message = schema::NewMessageByTypeUrl(type_url);
  for (const auto& document : documents) {
    schema::NodeToMessage(*document, document->root(), *message, diagnostics);
  }
  CheckBytes(type_url, message->SerializeAsString());
}

void CheckBootstrap(std::string_view text) {
  schema::Diagnostics diagnostics;
  envoy::config::bootstrap::v3::Bootstrap message;
  const schema::SourceText source{text, "fuzz", schema::SourceText::Format::kYaml};
  const auto read = schema::ReadMessage(source, Extensions().Known(), message, diagnostics);
  // What was read with errors is not decoded.
  if (!diagnostics.has_errors()) {
    std::vector<schema::Unsupported> ignored = read.ignored;
    const auto bootstrap = DecodeBootstrap(message, Options(false), diagnostics, ignored);
    WEIR_CHECK(bootstrap.has_value() != diagnostics.has_errors(), "refused, or taken");
    read.source.Locate(diagnostics);
  }
  for (const auto& error : diagnostics.all()) {
    WEIR_CHECK(!error.message.empty() && !error.file.empty(), "an error has a reason and a file");
  }
}

// What a file holds is what a control plane would have sent.
void CheckFile(std::string_view name, std::string_view text) {
  const auto response = exe::ParseResourceFile(std::string(name), text);
  if (!response.ok()) {
    WEIR_CHECK(response.status().message().find("file") != std::string::npos, "an error names it");
    return;
  }
  WEIR_CHECK(exe::ParseResourceFile("again.pb", *response).ok(), "a response is read as one");
}

// Secrets that are there from the start: of a file, and in a resource that was given.
void CheckSecrets(std::string_view text) {
  ConfigSource source;
  source.kind = ConfigSource::Kind::kPath;
  source.path = text;  // FixedData's files hold their own names.
  const auto read = exe::ReadSecrets(source, Options(false));
  WEIR_CHECK(read.ok() || !read.status().message().empty(), "a refusal has a reason");
  source.kind = ConfigSource::Kind::kGiven;
  source.given.bytes = text;
  const auto given = exe::ReadSecrets(source, Options(false));
  WEIR_CHECK(!given.ok() || given->size() == 1, "a resource is one secret");
}

std::string_view TypeUrl(std::string_view word) {
  if (word.starts_with("listener")) return schema::kListenerTypeUrl;
  if (word.starts_with("route")) return schema::kRouteConfigurationTypeUrl;
  if (word.starts_with("cluster")) return schema::kClusterTypeUrl;
  if (word.starts_with("endpoints")) return schema::kClusterLoadAssignmentTypeUrl;
  if (word.starts_with("secret")) return schema::kSecretTypeUrl;
  return {};
}

}  // namespace
}  // namespace weir::config::proto

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace proto = weir::config::proto;
  std::string_view rest = weir::TextOf(data, size);
  const std::string_view word = weir::TakeLine(rest);
  if (word == "bootstrap") {
    proto::CheckBootstrap(rest);
  } else if (word.starts_with("file.")) {
    proto::CheckFile(word, rest);
  } else if (word == "secrets") {
    proto::CheckSecrets(rest);
  } else if (const auto type_url = proto::TypeUrl(word); type_url.empty()) {
    return 0;
  } else if (word.ends_with("bytes")) {
    proto::CheckBytes(type_url, rest);
  } else {
    proto::CheckText(type_url, rest);
  }
  return 0;
}
