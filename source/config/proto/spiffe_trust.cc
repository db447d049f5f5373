#include "source/config/proto/spiffe_trust.h"

#include <algorithm>
#include <optional>

#include "envoy/extensions/transport_sockets/tls/v3/tls_spiffe_validator_config.pb.h"
#include "source/base/encoding.h"
#include "source/base/status.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/values.h"
#include "source/schema/document.h"
#include "source/x509/certificate.h"
#include "source/x509/spiffe.h"
#include "source/x509/trust_store.h"

namespace weir::config::proto {
namespace {

using Pb = envoy::extensions::transport_sockets::tls::v3::SPIFFECertValidatorConfig;

bool IsTrustDomain(std::string_view name) {
  const auto id = x509::ParseSpiffeId(StrCat("spiffe://", name));
  return id.has_value() && id->path.empty();
}

void CheckDomain(std::string_view name, const Scope& scope) {
  if (IsTrustDomain(name)) return;
  scope.Error(
      "must be a trust domain, such as example.org: lower-case letters, digits, '.', '-' and '_'",
      name);
}

void Add(SpiffeTrust trust, const Scope& scope, std::vector<SpiffeTrust>& all) {
  const bool twice = std::any_of(all.begin(), all.end(),
                                 [&](const auto& other) { return other.domain == trust.domain; });
  if (twice) scope.Error("is there twice: a trust domain has one bundle", trust.domain);
  all.push_back(std::move(trust));
}

void DecodeDomain(const Pb::TrustDomain& message, const Scope& scope,
                  std::vector<SpiffeTrust>& all) {
  CheckDomain(message.name(), scope.Field("name"));
  const Scope at = scope.Field("trust_bundle");
  SpiffeTrust trust{.domain = message.name(),
                    .path = message.trust_bundle().filename(),
                    .bundle_pem = DecodeDataSource(message.trust_bundle(), at)};
  if (!IsElsewhere(message.trust_bundle(), at)) {
    const auto anchors = x509::TrustStore::Create(trust.bundle_pem, "", {});
    if (!anchors.ok()) at.Error(anchors.status());
  }
  Add(std::move(trust), scope.Field("name"), all);
}

// One key of a bundle in PEM; "" where it is for JWTs, and nothing where it cannot be read.
std::optional<std::string> PemOfKey(const schema::Node& key) {
  const schema::Node* const use = key.Find("use");
  if (use == nullptr || use->text != "x509-svid") return "";
  const schema::Node* const chain = key.Find("x5c");
  if (chain == nullptr || chain->items.size() != 1) return std::nullopt;
  const std::optional<std::string> der = DecodeBase64(chain->items.front()->text);
  if (!der.has_value()) return std::nullopt;
  const auto certificate = x509::Certificate::FromDer(*der);
  if (!certificate.ok()) return std::nullopt;
  return certificate->Pem();
}

// {"trust_domains": {"example.org": {"keys": [{"use": "x509-svid", "x5c": ["base64 of DER"]}]}}}
void DecodeBundleMap(const std::string& json, const std::string& path, const Scope& scope,
                     std::vector<SpiffeTrust>& all) {
  schema::Diagnostics found;
  const auto documents = schema::ReadDocuments(
      {.text = json, .file = path, .format = schema::SourceText::Format::kJson}, found);
  if (found.has_errors()) return scope.Error("is no JSON", found.ToString());
  const schema::Node* const domains =
      documents.empty() ? nullptr : documents.front()->root().Find("trust_domains");
  if (domains == nullptr || domains->entries.empty()) {
    return scope.Error("must be a SPIFFE bundle map: an object \"trust_domains\" with bundles");
  }
  for (const schema::Node::Entry& entry : domains->entries) {
    const Scope at = scope.Key("trust_domains", entry.key);
    CheckDomain(entry.key, at);
    SpiffeTrust trust{.domain = entry.key, .path = path, .bundle_pem = {}};
    const schema::Node* const keys = entry.value->Find("keys");
    for (size_t i = 0; keys != nullptr && i < keys->items.size(); ++i) {
      const std::optional<std::string> pem = PemOfKey(*keys->items[i]);
      if (!pem.has_value()) {
        at.Item("keys", static_cast<int>(i)).Error("must have one certificate in x5c, as base64");
      }
      trust.bundle_pem += pem.value_or("");
    }
    if (trust.bundle_pem.empty()) at.Error("has no key with use \"x509-svid\"");
    Add(std::move(trust), at, all);
  }
}

void DecodeBundles(const envoy::config::core::v3::DataSource& source, const Scope& scope,
                   std::vector<SpiffeTrust>& all) {
  if (IsElsewhere(source, scope)) {
    all.push_back({.domain = {}, .path = source.filename(), .bundle_pem = {}});
    return;
  }
  const size_t errors_before = scope.context().diagnostics.all().size();
  const std::string json = DecodeDataSource(source, scope);
  if (scope.context().diagnostics.all().size() > errors_before) return;
  DecodeBundleMap(json, source.filename(), scope, all);
}

}  // namespace

std::vector<SpiffeTrust> DecodeSpiffeTrust(
    const envoy::config::core::v3::TypedExtensionConfig& message, const Scope& scope) {
  std::vector<SpiffeTrust> all;
  const Scope at = scope.Field("typed_config");
  const auto config = Unpack<Pb>(message.typed_config(), at);
  if (config == nullptr) return all;
  if (config->has_trust_bundles()) {
    DecodeBundles(config->trust_bundles(), at.Field("trust_bundles"), all);
  } else {
    for (int i = 0; i < config->trust_domains_size(); ++i) {
      DecodeDomain(config->trust_domains(i), at.Item("trust_domains", i), all);
    }
  }
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.domain < b.domain; });
  return all;
}

}  // namespace weir::config::proto
