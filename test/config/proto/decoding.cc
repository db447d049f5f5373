#include "test/config/proto/decoding.h"

#include <algorithm>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "gtest/gtest.h"
#include "source/base/status.h"
#include "source/extensions/access_logs/file/config.h"
#include "source/extensions/access_logs/stream/config.h"
#include "source/extensions/http/buffer/config.h"
#include "source/extensions/listener/tls_inspector/config.h"
#include "source/extensions/transport_sockets/tls/config.h"
#include "source/schema/config_text.h"
#include "source/schema/full_pool.h"
#include "source/schema/text_to_proto.h"

namespace weir::config::proto {
namespace {

std::vector<std::string> Texts(const schema::Diagnostics& diagnostics) {
  std::vector<std::string> texts;
  for (schema::Diagnostic diagnostic : diagnostics.all()) {
    diagnostic.file.clear();
    diagnostic.line = diagnostic.column = 0;
    texts.push_back(diagnostic.ToString());
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::vector<std::string> Paths(const std::vector<schema::Unsupported>& ignored) {
  std::vector<std::string> paths;
  for (const schema::Unsupported& item : ignored) paths.push_back(item.path);
  std::sort(paths.begin(), paths.end());
  return paths;
}

template <typename T>
std::shared_ptr<const T> ValueOf(const Outcome& outcome) {
  for (const std::string& error : outcome.errors) ADD_FAILURE() << error;
  if (!outcome.resource.has_value()) return nullptr;
  return std::get<std::shared_ptr<const T>>(outcome.resource->value);
}

}  // namespace

const ExtensionDecoders& AllDecoders() {
  static const ExtensionDecoders* const kDecoders = [] {
    auto* const decoders = new ExtensionDecoders();
    extensions::access_logs::file::RegisterDecoder(*decoders);
    extensions::access_logs::stream::RegisterDecoder(*decoders);
    extensions::http::buffer::RegisterDecoder(*decoders);
    extensions::listener::tls_inspector::RegisterDecoder(*decoders);
    extensions::transport_sockets::tls::RegisterDecoder(*decoders);
    return decoders;
  }();
  return *kDecoders;
}

absl::StatusOr<std::string> FakeData::ReadFile(const std::string& path) const {
  if (path == "body.txt") return "from a file";
  return NotFound(StrCat(path, ": no such file"));
}

absl::StatusOr<std::string> FakeData::ReadEnvironment(const std::string& variable) const {
  if (variable == "BODY") return "from a variable";
  return NotFound(StrCat("the variable ", variable, " is not set"));
}

Outcome Decode(std::string_view type_url, std::string_view yaml, bool allow_unknown_fields) {
  const FakeData data;
  return Decode(type_url, yaml, DecodeOptions{AllDecoders(), data, allow_unknown_fields});
}

Outcome Decode(std::string_view type_url, std::string_view yaml, const DecodeOptions& options) {
  Outcome outcome;
  schema::Diagnostics diagnostics;
  const auto documents = schema::ReadDocuments(
      {.text = yaml, .file = "test.yaml", .format = schema::SourceText::Format::kYaml},
      diagnostics);
  const std::unique_ptr<google::protobuf::Message> message = schema::NewMessageByTypeUrl(type_url);
  for (const auto& document : documents) {
    schema::NodeToMessage(*document, document->root(), *message, diagnostics);
  }
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.ToString();
  outcome.resource = DecodeResource(type_url, message->SerializeAsString(), options, diagnostics);
  EXPECT_EQ(outcome.resource.has_value(), !diagnostics.has_errors());
  outcome.errors = Texts(diagnostics);
  if (outcome.resource.has_value()) outcome.ignored = Paths(outcome.resource->ignored);
  return outcome;
}

template <typename T>
std::shared_ptr<const T> Decoded(std::string_view type_url, std::string_view yaml) {
  return ValueOf<T>(Decode(type_url, yaml));
}
template std::shared_ptr<const Listener> Decoded(std::string_view, std::string_view);
template std::shared_ptr<const RouteTable> Decoded(std::string_view, std::string_view);
template std::shared_ptr<const Cluster> Decoded(std::string_view, std::string_view);
template std::shared_ptr<const Endpoints> Decoded(std::string_view, std::string_view);
template std::shared_ptr<const Secret> Decoded(std::string_view, std::string_view);

BootstrapOutcome ReadBootstrap(std::string_view yaml) {
  BootstrapOutcome outcome;
  schema::Diagnostics diagnostics;
  envoy::config::bootstrap::v3::Bootstrap message;
  const schema::ReadResult read = schema::ReadMessage(
      {.text = yaml, .file = "bootstrap.yaml", .format = schema::SourceText::Format::kYaml},
      AllDecoders().Known(), message, diagnostics);
  EXPECT_TRUE(read.ok) << diagnostics.ToString();
  const FakeData data;
  std::vector<schema::Unsupported> ignored = read.ignored;
  outcome.bootstrap = DecodeBootstrap(message, {AllDecoders(), data}, diagnostics, ignored);
  EXPECT_EQ(outcome.bootstrap.has_value(), !diagnostics.has_errors());
  outcome.errors = Texts(diagnostics);
  outcome.ignored = Paths(ignored);
  return outcome;
}

std::string HttpListener(std::string_view extra) {
  return StrCat(R"(
name: web
address: { socket_address: { address: 127.0.0.1, port_value: 8080 } }
filter_chains:
- filters:
  - name: hcm
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
      stat_prefix: web
      rds: { route_config_name: routes, config_source: { ads: {} } }
      http_filters:
      - name: router
        typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router, suppress_envoy_headers: true }
)",
                extra);
}

}  // namespace weir::config::proto
