#include "source/schema/rule_table.h"

#include <optional>
#include <utility>

#include "re2/re2.h"
#include "source/base/strings.h"
#include "source/schema/scalars.h"
#include "source/schema/wire_data.h"

namespace weir::schema {
namespace {

// At `separator` outside of quotes and brackets.
std::vector<std::string_view> SplitOutsideQuotes(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == separator && !quoted) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  parts.push_back(text.substr(begin));
  for (std::string_view& part : parts) part = TrimOws(part);
  return parts;
}

// "\"a\\\\b\"" -> "a\\b": the table quotes as C does.
std::string Unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"') return std::string(text);
  std::string out;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

std::vector<std::string> ListItems(std::string_view text) {
  std::vector<std::string> items;
  if (text.size() < 2 || text.front() != '[') return items;
  for (std::string_view part : SplitOutsideQuotes(text.substr(1, text.size() - 2), ',')) {
    items.push_back(Unquote(part));
  }
  return items;
}

// Numbers as they are, durations in nanoseconds.
long double ToNumber(std::string_view kind, std::string_view text) {
  if (kind == "duration") {
    const auto duration = ParseDuration(text);
    return duration ? static_cast<long double>(duration->seconds()) * 1e9L + duration->nanos() : 0;
  }
  if (const auto integer = ParseUnsigned(text)) return static_cast<long double>(*integer);
  return ParseDouble(text).value_or(0);
}

const TableIndex<Rule::Check>& Comparisons() {
  static const auto& checks = *new TableIndex<Rule::Check>{{"lt", Rule::Check::kLess},
                                                           {"lte", Rule::Check::kLessOrEqual},
                                                           {"gt", Rule::Check::kGreater},
                                                           {"gte", Rule::Check::kGreaterOrEqual}};
  return checks;
}

const TableIndex<Rule::Check>& Checks() {
  static const auto& checks =
      *new TableIndex<Rule::Check>{{"message.required", Rule::Check::kRequired},
                                   {"any.required", Rule::Check::kRequired},
                                   {"duration.required", Rule::Check::kRequired},
                                   {"oneof.required", Rule::Check::kRequired},
                                   {"message.skip", Rule::Check::kSkip},
                                   {"enum.defined_only", Rule::Check::kDefinedOnly},
                                   {"enum.not_in", Rule::Check::kNotIn},
                                   {"string.min_len", Rule::Check::kMinLength},
                                   {"bytes.min_len", Rule::Check::kMinLength},
                                   {"string.max_len", Rule::Check::kMaxLength},
                                   {"bytes.max_len", Rule::Check::kMaxBytes},
                                   {"string.max_bytes", Rule::Check::kMaxBytes},
                                   {"string.prefix", Rule::Check::kPrefix},
                                   {"string.suffix", Rule::Check::kSuffix},
                                   {"string.pattern", Rule::Check::kPattern},
                                   {"string.in", Rule::Check::kOneOf},
                                   {"repeated.min_items", Rule::Check::kMinItems},
                                   {"repeated.max_items", Rule::Check::kMaxItems},
                                   {"repeated.unique", Rule::Check::kUnique},
                                   {"map.min_pairs", Rule::Check::kMinItems},
                                   {"bool.const", Rule::Check::kConst}};
  return checks;
}

// The check of "uint32.lt" or "string.min_len" with its operand; nothing when there is no such
// check.
std::optional<Rule> MakeRule(std::string_view name, std::string_view operand) {
  Rule rule;
  const size_t dot = name.find('.');
  const std::string_view kind = name.substr(0, dot);
  if (dot != std::string_view::npos) {
    if (const auto it = Comparisons().find(name.substr(dot + 1)); it != Comparisons().end()) {
      rule.check = it->second;
      rule.number = ToNumber(kind, operand);
      return rule;
    }
  }
  if (name == "string.well_known_regex") {
    rule.check =
        operand == "HTTP_HEADER_NAME" ? Rule::Check::kHeaderName : Rule::Check::kHeaderValue;
    return rule;
  }
  const auto it = Checks().find(name);
  if (it == Checks().end()) return std::nullopt;
  rule.check = it->second;
  rule.count = ParseUint64(operand).value_or(0);
  rule.operand = Unquote(operand);
  rule.choices = ListItems(operand);
  for (const std::string& choice : rule.choices) {
    rule.numbers.push_back(ParseInt64(choice).value_or(0));
  }
  if (rule.check == Rule::Check::kConst) rule.count = operand == "true" ? 1 : 0;
  if (rule.check == Rule::Check::kPattern) {
    rule.pattern = std::make_shared<const re2::RE2>(rule.operand, re2::RE2::Quiet);
  }
  return rule;
}

struct RuleTable {
  TableIndex<std::vector<FieldRules>> messages;
  std::vector<std::string> unknown;
};

void AddRule(std::string_view text, FieldRules& field, std::vector<std::string>& unknown) {
  const size_t equals = text.find('=');
  std::string_view name = text.substr(0, equals);
  const std::string_view operand =
      equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
  Rule::Target target = Rule::Target::kField;
  const std::pair<std::string_view, Rule::Target> kTargets[] = {
      {"repeated.items.", Rule::Target::kItems},
      {"map.keys.", Rule::Target::kKeys},
      {"map.values.", Rule::Target::kValues}};
  for (const auto& [prefix, prefix_target] : kTargets) {
    if (!name.starts_with(prefix)) continue;
    name.remove_prefix(prefix.size());
    target = prefix_target;
  }
  if (name.ends_with(".ignore_empty")) {
    field.ignore_empty = operand == "true";
  } else if (name == "string.strict") {
    field.strict_header = operand == "true";
  } else if (operand == "false" && name != "bool.const") {
    // A rule that is switched off.
  } else if (auto rule = MakeRule(name, operand);
             rule && (rule->pattern == nullptr || rule->pattern->ok())) {
    rule->target = target;
    rule->text = text;
    field.rules.push_back(std::move(*rule));
  } else {
    unknown.emplace_back(text);
  }
}

// Of a field that the API's own words make one of several: one of the others stands for it where
// authorities come from a certificate provider.
bool IsContradicted(std::string_view message, std::string_view field) {
  return message ==
             "envoy.extensions.transport_sockets.tls.v3.CommonTlsContext."
             "CombinedCertificateValidationContext" &&
         field == "validation_context_sds_secret_config";
}

const RuleTable& TheTable() {
  static const auto& table = *[] {
    auto* built = new RuleTable();
    for (const auto& row : TableRows(kValidateTable, 3)) {
      if (IsContradicted(row[0], row[1])) continue;
      FieldRules field;
      field.field = row[1];
      if (field.field.starts_with("oneof:")) {
        field.field.remove_prefix(6);
        field.is_oneof = true;
      }
      for (std::string_view text : SplitOutsideQuotes(row[2], ';')) {
        AddRule(text, field, built->unknown);
      }
      built->messages[row[0]].push_back(std::move(field));
    }
    return built;
  }();
  return table;
}

}  // namespace

const std::vector<FieldRules>* RulesOf(std::string_view message_name) {
  const auto it = TheTable().messages.find(message_name);
  return it == TheTable().messages.end() ? nullptr : &it->second;
}

std::vector<std::string> UnknownRules() { return TheTable().unknown; }

}  // namespace weir::schema
