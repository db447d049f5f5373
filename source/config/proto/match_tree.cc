#include "source/config/proto/match_tree.h"

#include <vector>

#include "source/base/status.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/matchers.h"
#include "source/config/proto/route.h"
#include "source/config/proto/values.h"
#include "xds/type/matcher/v3/domain.pb.h"
#include "xds/type/matcher/v3/ip.pb.h"

namespace weir::config::proto {
namespace {
namespace pb = xds::type::matcher::v3;
using match::Combination;
using match::MatchTree;
using match::OnMatch;
using match::Predicate;
using TreePb = pb::Matcher::MatcherTree;
using PredicatePb = pb::Matcher::MatcherList::Predicate;

// Of matchers and predicates inside one another.
constexpr int kMostLevels = 32;

class TreeDecoder {
 public:
  TreeDecoder(MatchStage stage, const ActionDecoder& decode_action)
      : stage_(stage), decode_action_(decode_action) {}

  std::shared_ptr<const MatchTree> Decode(const pb::Matcher& message, const Scope& scope) {
    const Level level(*this, scope);
    if (level.too_deep()) return std::make_shared<const MatchTree>(match::PredicateList{});
    MatchTree::Body body;
    if (message.has_matcher_list()) {
      body = DecodeList(message.matcher_list(), scope.Field("matcher_list"));
    } else if (message.has_matcher_tree()) {
      body = DecodeMap(message.matcher_tree(), scope.Field("matcher_tree"));
    } else if (!message.has_on_no_match()) {
      scope.Error("a matcher_list, a matcher_tree or on_no_match is missing");
    }
    std::optional<OnMatch> otherwise;
    if (message.has_on_no_match()) {
      otherwise = DecodeOnMatch(message.on_no_match(), scope.Field("on_no_match"));
    }
    return std::make_shared<const MatchTree>(std::move(body), std::move(otherwise));
  }

 private:
  // One matcher or predicate on the way down.
  class Level {
   public:
    Level(TreeDecoder& decoder, const Scope& scope) : decoder_(decoder) {
      if (++decoder_.levels_ == kMostLevels + 1) {
        scope.Error(StrCat("matchers and predicates are nested more than ", kMostLevels, " deep"));
      }
    }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    ~Level() { --decoder_.levels_; }
    bool too_deep() const { return decoder_.levels_ > kMostLevels; }

   private:
    TreeDecoder& decoder_;
  };

  OnMatch DecodeOnMatch(const pb::Matcher::OnMatch& message, const Scope& scope) {
    OnMatch decoded{.next = match::ActionNumber{0}, .keep_matching = message.keep_matching()};
    if (message.has_matcher()) {
      decoded.next = Decode(message.matcher(), scope.Field("matcher"));
    } else if (message.has_action()) {
      const Scope action = scope.Field("action");
      decoded.next = decode_action_(message.action().typed_config(), action.Field("typed_config"));
    } else {
      scope.Error("an action or a matcher is missing");
    }
    return decoded;
  }

  // `for_values`: it feeds a matcher of metadata, and no other kind.
  match::DataInput DecodeInput(const xds::core::v3::TypedExtensionConfig& message,
                               const Scope& scope, bool for_values) const {
    const Scope at = scope.Field("input");
    const auto input = DecodeDataInput(message, at, stage_);
    if (!input.has_value()) return {};
    if ((input->kind == match::DataInput::Kind::kDynamicMetadata) != for_values) {
      at.Error(for_values ? "a matcher of metadata wants a DynamicMetadataInput"
                          : "metadata is for a matcher of metadata (custom_match of a "
                            "single_predicate) alone");
    }
    return *input;
  }

  match::PredicateList DecodeList(const pb::Matcher::MatcherList& message, const Scope& scope) {
    match::PredicateList list;
    for (int i = 0; i < message.matchers_size(); ++i) {
      const Scope item = scope.Item("matchers", i);
      std::optional<Predicate> predicate =
          DecodePredicate(message.matchers(i).predicate(), item.Field("predicate"));
      OnMatch then = DecodeOnMatch(message.matchers(i).on_match(), item.Field("on_match"));
      if (predicate.has_value()) list.entries.push_back({*std::move(predicate), std::move(then)});
    }
    return list;
  }

  std::optional<Predicate> DecodePredicate(const PredicatePb& message, const Scope& scope) {
    const Level level(*this, scope);
    if (level.too_deep()) return std::nullopt;
    switch (message.match_type_case()) {
      case PredicatePb::kSinglePredicate:
        return DecodeTest(message.single_predicate(), scope.Field("single_predicate"));
      case PredicatePb::kOrMatcher:
        return DecodeAll(message.or_matcher(), Combination::Kind::kAny, scope.Field("or_matcher"));
      case PredicatePb::kAndMatcher:
        return DecodeAll(message.and_matcher(), Combination::Kind::kAll,
                         scope.Field("and_matcher"));
      case PredicatePb::kNotMatcher: {
        Combination none{.kind = Combination::Kind::kNone, .parts = {}};
        auto part = DecodePredicate(message.not_matcher(), scope.Field("not_matcher"));
        if (part.has_value()) none.parts.push_back(*std::move(part));
        return Predicate{std::move(none)};
      }
      case PredicatePb::MATCH_TYPE_NOT_SET:
        break;
    }
    scope.Error("a predicate is missing: single_predicate, or_matcher, and_matcher or not_matcher");
    return std::nullopt;
  }

  Predicate DecodeAll(const PredicatePb::PredicateList& message, Combination::Kind kind,
                      const Scope& scope) {
    Combination all{.kind = kind, .parts = {}};
    for (int i = 0; i < message.predicate_size(); ++i) {
      auto part = DecodePredicate(message.predicate(i), scope.Item("predicate", i));
      if (part.has_value()) all.parts.push_back(*std::move(part));
    }
    return Predicate{std::move(all)};
  }

  std::optional<Predicate> DecodeTest(const PredicatePb::SinglePredicate& message,
                                      const Scope& scope) const {
    if (message.has_custom_match()) {
      auto test = DecodeCustomTest(message.custom_match(), scope.Field("custom_match"));
      if (!test.has_value()) return std::nullopt;
      const bool for_values = std::holds_alternative<match::ValueTest>(*test);
      return Predicate{
          match::InputTest{DecodeInput(message.input(), scope, for_values), *std::move(test)}};
    }
    match::DataInput input = DecodeInput(message.input(), scope, false);
    auto text = DecodeStringMatcher(message.value_match(), scope.Field("value_match"));
    if (!text.has_value()) return std::nullopt;
    return Predicate{match::InputTest{std::move(input), *std::move(text)}};
  }

  MatchTree::Body DecodeMap(const TreePb& message, const Scope& scope) {
    match::DataInput input = DecodeInput(message.input(), scope, false);
    switch (message.tree_type_case()) {
      case TreePb::kExactMatchMap: {
        match::ExactMap map{.input = std::move(input), .entries = {}};
        DecodeEntries(message.exact_match_map(), scope.Field("exact_match_map"),
                      [&](const std::string& key, OnMatch then) {
                        map.entries.emplace(key, std::move(then));
                      });
        return map;
      }
      case TreePb::kPrefixMatchMap: {
        std::vector<std::pair<std::string, OnMatch>> entries;
        DecodeEntries(message.prefix_match_map(), scope.Field("prefix_match_map"),
                      [&](const std::string& key, OnMatch then) {
                        entries.emplace_back(key, std::move(then));
                      });
        using Index = match::NestedIndex<match::TextPrefix, OnMatch>;
        return match::PrefixMap{std::move(input), Index(std::move(entries))};
      }
      case TreePb::kCustomMatch: {
        const Scope custom = scope.Field("custom_match");
        return DecodeCustomMap(message.custom_match(), std::move(input),
                               custom.Field("typed_config"));
      }
      case TreePb::TREE_TYPE_NOT_SET:
        break;
    }
    scope.Error("a map is missing: exact_match_map, prefix_match_map or custom_match");
    return {};
  }

  template <typename Add>
  void DecodeEntries(const TreePb::MatchMap& message, const Scope& scope, Add add) {
    for (const auto& [key, on_match] : message.map()) {
      add(key, DecodeOnMatch(on_match, scope.Key("map", key)));
    }
  }

  MatchTree::Body DecodeCustomMap(const xds::core::v3::TypedExtensionConfig& message,
                                  match::DataInput input, const Scope& scope) {
    const auto map = UnpackAny(message.typed_config(), scope);
    if (map == nullptr) return {};
    if (map->GetDescriptor() == pb::IPMatcher::descriptor()) {
      return DecodeRanges(static_cast<const pb::IPMatcher&>(*map), std::move(input), scope);
    }
    if (map->GetDescriptor() == pb::ServerNameMatcher::descriptor()) {
      return DecodeDomains(static_cast<const pb::ServerNameMatcher&>(*map), std::move(input),
                           scope);
    }
    scope.Error("is neither an IPMatcher nor a ServerNameMatcher",
                map->GetDescriptor()->full_name());
    return {};
  }

  match::RangeMap DecodeRanges(const pb::IPMatcher& message, match::DataInput input,
                               const Scope& scope) {
    match::RangeMap map{.input = std::move(input), .entries = {}, .v4 = {}, .v6 = {}};
    std::vector<std::pair<net::CidrRange, uint32_t>> v4, v6;
    for (int i = 0; i < message.range_matchers_size(); ++i) {
      const pb::IPMatcher::IPRangeMatcher& matcher = message.range_matchers(i);
      const Scope item = scope.Item("range_matchers", i);
      const auto number = static_cast<uint32_t>(map.entries.size());
      for (int j = 0; j < matcher.ranges_size(); ++j) {
        const auto range = DecodeCidrRange(matcher.ranges(j), item.Item("ranges", j));
        if (range.has_value()) (range->address().is_v6() ? v6 : v4).emplace_back(*range, number);
      }
      map.entries.push_back({.then = DecodeOnMatch(matcher.on_match(), item.Field("on_match")),
                             .exclusive = matcher.exclusive()});
    }
    map.v4 = match::RangeMap::Index(std::move(v4));
    map.v6 = match::RangeMap::Index(std::move(v6));
    return map;
  }

  match::DomainMap DecodeDomains(const pb::ServerNameMatcher& message, match::DataInput input,
                                 const Scope& scope) {
    match::DomainMap map{.input = std::move(input), .entries = {}, .by_domain = {}};
    for (int i = 0; i < message.domain_matchers_size(); ++i) {
      const pb::ServerNameMatcher::DomainMatcher& matcher = message.domain_matchers(i);
      const Scope item = scope.Item("domain_matchers", i);
      const auto number = static_cast<uint32_t>(map.entries.size());
      for (int j = 0; j < matcher.domains_size(); ++j) {
        AddDomain(matcher.domains(j), number, item.Item("domains", j), map);
      }
      map.entries.push_back(DecodeOnMatch(matcher.on_match(), item.Field("on_match")));
    }
    return map;
  }

  static void AddDomain(const std::string& domain, uint32_t number, const Scope& scope,
                        match::DomainMap& map) {
    std::string key = AsciiLower(domain);
    if (key == "*") {
      key.clear();
    } else {
      if (key.starts_with("*.")) key.erase(0, 1);
      if (key.empty() || key == "." || key.find('*') != std::string::npos) {
        scope.Error("must be a name, \"*.suffix\" or \"*\"", domain);
        return;
      }
    }
    if (!map.by_domain.emplace(std::move(key), number).second) {
      scope.Error("the domain is there already", domain);
    }
  }

  const MatchStage stage_;
  const ActionDecoder& decode_action_;
  int levels_ = 0;
};

}  // namespace

std::shared_ptr<const MatchTree> DecodeMatchTree(const pb::Matcher& message, const Scope& scope,
                                                 MatchStage stage,
                                                 const ActionDecoder& decode_action) {
  return TreeDecoder(stage, decode_action).Decode(message, scope);
}

}  // namespace weir::config::proto
