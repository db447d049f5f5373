#include "source/config/proto/route_policies.h"

#include <algorithm>
#include <array>

#include "envoy/extensions/early_data/v3/default_early_data_policy.pb.h"
#include "envoy/extensions/internal_redirect/allow_listed_routes/v3/allow_listed_routes_config.pb.h"
#include "envoy/extensions/internal_redirect/previous_routes/v3/previous_routes_config.pb.h"
#include "envoy/extensions/internal_redirect/safe_cross_scheme/v3/safe_cross_scheme_config.pb.h"
#include "source/base/status.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/header_changes.h"
#include "source/config/proto/matchers.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::route::v3;
namespace redirect_pb = envoy::extensions::internal_redirect;

HashCookie DecodeHashCookie(const pb::RouteAction::HashPolicy::Cookie& message,
                            const Scope& scope) {
  HashCookie cookie{.name = message.name()};
  if (message.has_ttl()) {
    cookie.ttl = std::chrono::duration_cast<std::chrono::seconds>(
        DecodeDuration(message.ttl(), scope.Field("ttl")));
    if (cookie.ttl->count() > 0) StrAppend(cookie.attributes, "; Max-Age=", cookie.ttl->count());
  }
  if (!message.path().empty()) StrAppend(cookie.attributes, "; Path=", message.path());
  for (const auto& attribute : message.attributes()) {
    StrAppend(cookie.attributes, "; ", attribute.name(), attribute.value().empty() ? "" : "=",
              attribute.value());
  }
  cookie.attributes += "; HttpOnly";
  if (!http::HeaderMap::IsValidValue(StrCat(cookie.name, "=x", cookie.attributes))) {
    scope.Error("does not make a valid set-cookie field", cookie.attributes);
  }
  return cookie;
}

std::optional<HashPolicy> DecodeHash(const pb::RouteAction::HashPolicy& message,
                                     const Scope& scope) {
  using Pb = pb::RouteAction::HashPolicy;
  HashPolicy policy{.terminal = message.terminal()};
  switch (message.policy_specifier_case()) {
    case Pb::kHeader: {
      const Scope at = scope.Field("header");
      HashHeader header{
          .field = DecodeFieldName(message.header().header_name(), at.Field("header_name"))};
      if (message.header().has_regex_rewrite()) {
        header.rewrite =
            DecodeRegexRewrite(message.header().regex_rewrite(), at.Field("regex_rewrite"));
      }
      policy.source = std::move(header);
      return policy;
    }
    case Pb::kCookie:
      policy.source = DecodeHashCookie(message.cookie(), scope.Field("cookie"));
      return policy;
    case Pb::kConnectionProperties:
      // Without source_ip it hashes nothing.
      if (!message.connection_properties().source_ip()) return std::nullopt;
      policy.source = HashSourceIp{};
      return policy;
    case Pb::kQueryParameter:
      policy.source = HashQueryParameter{message.query_parameter().name()};
      return policy;
    case Pb::kFilterState:
      policy.source = HashFilterState{message.filter_state().key()};
      return policy;
    case Pb::POLICY_SPECIFIER_NOT_SET:
      break;
  }
  scope.Error(
      "a source is missing: header, cookie, connection_properties, query_parameter or "
      "filter_state");
  return std::nullopt;
}

void DecodePredicate(const envoy::config::core::v3::TypedExtensionConfig& predicate,
                     const Scope& scope, InternalRedirect& redirect) {
  using AllowListed = redirect_pb::allow_listed_routes::v3::AllowListedRoutesConfig;
  using PreviousRoutes = redirect_pb::previous_routes::v3::PreviousRoutesConfig;
  using SafeCrossScheme = redirect_pb::safe_cross_scheme::v3::SafeCrossSchemeConfig;
  const Scope config = scope.Field("typed_config");
  const std::unique_ptr<google::protobuf::Message> message =
      UnpackAny(predicate.typed_config(), config);
  if (message == nullptr) return;
  if (message->GetDescriptor() == PreviousRoutes::descriptor()) {
    redirect.never_to_previous_routes = true;
  } else if (message->GetDescriptor() == SafeCrossScheme::descriptor()) {
    redirect.only_to_safe_scheme = true;
  } else if (message->GetDescriptor() == AllowListed::descriptor()) {
    const auto& names = static_cast<const AllowListed&>(*message).allowed_route_names();
    redirect.allowed_routes.emplace(names.begin(), names.end());
  } else {
    config.Error("is not a predicate of internal redirects", message->GetDescriptor()->full_name());
  }
}

}  // namespace

std::vector<MirrorPolicy> DecodeMirrors(
    const google::protobuf::RepeatedPtrField<pb::RouteAction::RequestMirrorPolicy>& policies,
    const Scope& scope, const RouteLimits& limits) {
  std::vector<MirrorPolicy> mirrors;
  for (int i = 0; i < policies.size(); ++i) {
    const pb::RouteAction::RequestMirrorPolicy& policy = policies[i];
    const Scope item = scope.Item("request_mirror_policies", i);
    MirrorPolicy mirror{.cluster = policy.cluster(),
                        .append_suffix = !policy.disable_shadow_host_suffix_append(),
                        .host_rewrite = DecodeAuthority(policy.host_rewrite_literal(),
                                                        item.Field("host_rewrite_literal"))};
    if (policy.cluster().empty() == policy.cluster_header().empty()) {
      item.Error("must have one of cluster and cluster_header", policy.cluster());
    } else if (!policy.cluster().empty()) {
      CheckCluster(policy.cluster(), item.Field("cluster"), limits);
    } else {
      mirror.cluster_field = DecodeFieldName(policy.cluster_header(), item.Field("cluster_header"));
    }
    if (policy.has_runtime_fraction()) {
      mirror.fraction = DecodeFraction(policy.runtime_fraction(), item.Field("runtime_fraction"));
    }
    mirror.request_headers = DecodeHeaderMutations(policy.request_headers_mutations(), item,
                                                   "request_headers_mutations");
    mirrors.push_back(std::move(mirror));
  }
  return mirrors;
}

std::vector<HashPolicy> DecodeHashPolicy(
    const google::protobuf::RepeatedPtrField<pb::RouteAction::HashPolicy>& policies,
    const Scope& scope) {
  std::vector<HashPolicy> decoded;
  for (int i = 0; i < policies.size(); ++i) {
    auto policy = DecodeHash(policies[i], scope.Item("hash_policy", i));
    if (policy.has_value()) decoded.push_back(*std::move(policy));
  }
  return decoded;
}

bool DecodeHedgePolicy(const pb::HedgePolicy& policy, const Scope& scope) {
  if (policy.has_initial_requests() && policy.initial_requests().value() != 1) {
    scope.Field("initial_requests")
        .Error("must be 1: a request begins with one try",
               StrCat(policy.initial_requests().value()));
  }
  return policy.hedge_on_per_try_timeout();
}

InternalRedirect DecodeInternalRedirectPolicy(const pb::InternalRedirectPolicy& policy,
                                              const Scope& scope) {
  constexpr std::array<uint32_t, 5> kRedirects = {301, 302, 303, 307, 308};
  InternalRedirect redirect{.allow_cross_scheme = policy.allow_cross_scheme_redirect()};
  if (policy.has_max_internal_redirects()) {
    redirect.max_redirects = policy.max_internal_redirects().value();
  }
  if (policy.redirect_response_codes_size() > 0) redirect.codes.clear();
  for (int i = 0; i < policy.redirect_response_codes_size(); ++i) {
    const uint32_t code = policy.redirect_response_codes(i);
    if (std::find(kRedirects.begin(), kRedirects.end(), code) == kRedirects.end()) {
      scope.Item("redirect_response_codes", i)
          .Error("must be one of 301, 302, 303, 307 and 308", StrCat(code));
      continue;
    }
    redirect.codes.push_back(static_cast<uint16_t>(code));
  }
  for (int i = 0; i < policy.predicates_size(); ++i) {
    DecodePredicate(policy.predicates(i), scope.Item("predicates", i), redirect);
  }
  for (int i = 0; i < policy.response_headers_to_copy_size(); ++i) {
    redirect.fields_to_copy.push_back(DecodeFieldName(policy.response_headers_to_copy(i),
                                                      scope.Item("response_headers_to_copy", i)));
  }
  return redirect;
}

std::optional<InternalRedirect> DecodeInternalRedirect(const pb::RouteAction& message,
                                                       const Scope& scope) {
  if (message.has_internal_redirect_policy()) {
    return DecodeInternalRedirectPolicy(message.internal_redirect_policy(),
                                        scope.Field("internal_redirect_policy"));
  }
  if (message.internal_redirect_action() != pb::RouteAction::HANDLE_INTERNAL_REDIRECT) {
    return std::nullopt;
  }
  InternalRedirect redirect;
  if (message.has_max_internal_redirects()) {
    redirect.max_redirects = message.max_internal_redirects().value();
  }
  return redirect;
}

void CheckEarlyDataPolicy(const envoy::config::core::v3::TypedExtensionConfig& policy,
                          const Scope& scope) {
  using Policy = envoy::extensions::early_data::v3::DefaultEarlyDataPolicy;
  const Scope config = scope.Field("typed_config");
  (void)Unpack<Policy>(policy.typed_config(), config);
}

}  // namespace weir::config::proto
