#include "source/format/operator.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "source/base/status.h"

namespace weir::format {
namespace {

const OperatorEntry* Find(std::string_view name) {
  for (const auto* group :
       {&RequestOperators(), &ConnectionOperators(), &UpstreamOperators(), &TlsOperators()}) {
    for (const OperatorEntry& entry : *group) {
      if (entry.name == name) return &entry;
    }
  }
  return nullptr;
}

absl::Status UnknownOperator(std::string_view name) {
  std::vector<std::string> names;
  for (const auto* group :
       {&RequestOperators(), &ConnectionOperators(), &UpstreamOperators(), &TlsOperators()}) {
    for (const OperatorEntry& entry : *group) names.emplace_back(entry.name);
  }
  const std::optional<std::string> nearest = Nearest(name, names);
  return InvalidArgument(
      StrCat("operator '", name, "' is not supported",
             nearest.has_value() ? StrCat("; did you mean '", *nearest, "'?") : ""));
}

enum class Argument { kNone, kHeader, kTime, kOptionalKeyword, kName, kFilterState };

Argument ArgumentOf(std::string_view name) {
  if (name == "REQ" || name == "REQUEST_HEADER" || name == "RESP" || name == "RESPONSE_HEADER" ||
      name == "TRAILER" || name == "RESPONSE_TRAILER" || name == "REQ_WITHOUT_QUERY") {
    return Argument::kHeader;
  }
  if (name == "START_TIME" || name == "START_TIME_LOCAL" || name.ends_with("_CERT_V_START") ||
      name.ends_with("_CERT_V_END")) {
    return Argument::kTime;
  }
  if (name == "GRPC_STATUS" || name == "PATH") return Argument::kOptionalKeyword;
  if (name == "QUERY_PARAM" || name == "DYNAMIC_METADATA") return Argument::kName;
  if (name == "FILTER_STATE") return Argument::kFilterState;
  return Argument::kNone;
}

// "X?Y": the field X, and Y where X is missing.
absl::Status ReadHeaderNames(const OperatorText& text, Formatter::Operator& compiled) {
  const size_t question = text.argument.find('?');
  compiled.text = AsciiLower(text.argument.substr(0, question));
  if (question != std::string_view::npos) {
    compiled.alternative = AsciiLower(text.argument.substr(question + 1));
  }
  const auto valid = [](std::string_view name) {
    if (name.starts_with(':')) name.remove_prefix(1);
    return http::HeaderMap::IsValidName(name);
  };
  if (!valid(compiled.text) ||
      (question != std::string_view::npos && !valid(compiled.alternative))) {
    return InvalidArgument(StrCat("operator '", text.name, "' wants a field name, as in ",
                                  text.name, "(X-NAME) or ", text.name, "(X-NAME?OTHER), got '",
                                  text.argument, "'"));
  }
  return absl::OkStatus();
}

struct Keyword {
  std::string_view word;
  int variant;
};

absl::Status ReadKeyword(const OperatorText& text, Formatter::Operator& compiled) {
  static constexpr Keyword kGrpc[] = {{"CAMEL_STRING", 0}, {"SNAKE_STRING", 1}, {"NUMBER", 2}};
  static constexpr Keyword kPath[] = {{"WQ", 0}, {"NQ", 1}};
  if (!text.has_argument) return absl::OkStatus();
  const std::span<const Keyword> keywords =
      text.name == "PATH" ? std::span<const Keyword>(kPath) : std::span<const Keyword>(kGrpc);
  std::vector<std::string_view> words;
  for (const Keyword& keyword : keywords) {
    if (keyword.word == text.argument) {
      compiled.variant = keyword.variant;
      if (text.name == "GRPC_STATUS" && keyword.variant == 2) compiled.is_number = true;
      return absl::OkStatus();
    }
    words.push_back(keyword.word);
  }
  return InvalidArgument(StrCat("operator '", text.name, "' takes ", Join(words, " or "), ", got '",
                                text.argument, "'"));
}

// "KEY", and how the object is written behind it.
absl::Status ReadFilterState(const OperatorText& text, Formatter::Operator& compiled) {
  const std::vector<std::string_view> parts = Split(text.argument, ':');
  const auto form = parts.size() < 2      ? FilterStateForm::kTyped
                    : parts[1] == "PLAIN" ? FilterStateForm::kPlain
                    : parts[1] == "FIELD" ? FilterStateForm::kField
                                          : FilterStateForm::kTyped;
  const bool known = parts.size() < 2 || parts[1] == "TYPED" || form != FilterStateForm::kTyped;
  const size_t wanted = form == FilterStateForm::kField ? 3 : 2;
  if (parts[0].empty() || !known || parts.size() > wanted ||
      (form == FilterStateForm::kField && (parts.size() < 3 || parts[2].empty()))) {
    return InvalidArgument(
        StrCat("operator 'FILTER_STATE' wants KEY, KEY:TYPED, KEY:PLAIN or KEY:FIELD:NAME, got '",
               text.argument, "'"));
  }
  compiled.text = std::string(parts[0]);
  compiled.variant = static_cast<int>(form);
  if (form == FilterStateForm::kField) compiled.alternative = std::string(parts[2]);
  return absl::OkStatus();
}

absl::Status ReadArgument(const OperatorText& text, Formatter::Operator& compiled) {
  switch (ArgumentOf(text.name)) {
    case Argument::kHeader:
      return ReadHeaderNames(text, compiled);
    case Argument::kTime: {
      WEIR_ASSIGN_OR_RETURN(compiled.time,
                            TimeFormat::Create(text.argument, text.name == "START_TIME_LOCAL"));
      return absl::OkStatus();
    }
    case Argument::kOptionalKeyword:
      return ReadKeyword(text, compiled);
    case Argument::kName:
      if (text.argument.empty()) {
        return InvalidArgument(StrCat("operator '", text.name, "' wants a name in parentheses"));
      }
      compiled.text = std::string(text.argument);
      return absl::OkStatus();
    case Argument::kFilterState:
      return ReadFilterState(text, compiled);
    case Argument::kNone:
      break;
  }
  if (text.has_argument) {
    return InvalidArgument(StrCat("operator '", text.name, "' takes no argument"));
  }
  if (text.name == "HOSTNAME") {
    char name[256] = {};
    if (gethostname(name, sizeof(name) - 1) == 0) compiled.text = name;
  }
  return absl::OkStatus();
}

// The text between two percent signs, taken apart. `rest` begins after the first one; on return
// `consumed` counts the characters up to and including the second.
absl::StatusOr<OperatorText> SplitOperator(std::string_view rest, size_t& consumed) {
  OperatorText text;
  size_t at = 0;
  while (at < rest.size() && ((rest[at] >= 'A' && rest[at] <= 'Z') || rest[at] == '_' ||
                              (rest[at] >= '0' && rest[at] <= '9'))) {
    ++at;
  }
  text.name = rest.substr(0, at);
  if (text.name.empty())
    return InvalidArgument("'%' is not followed by an operator's name; write %% for one");
  if (at < rest.size() && rest[at] == '(') {
    // A time format has percent signs of its own, so the parenthesis counts and not the next '%'.
    const size_t close = rest.find(')', at);
    if (close == std::string_view::npos) {
      return InvalidArgument(StrCat("operator '", text.name, "' has no closing parenthesis"));
    }
    text.argument = rest.substr(at + 1, close - at - 1);
    text.has_argument = true;
    at = close + 1;
  }
  if (at < rest.size() && rest[at] == ':') {
    size_t end = at + 1;
    while (end < rest.size() && rest[end] >= '0' && rest[end] <= '9') ++end;
    const std::optional<uint64_t> length = ParseUint64(rest.substr(at + 1, end - at - 1));
    if (!length.has_value()) {
      return InvalidArgument(
          StrCat("operator '", text.name, "' has ':' without a length after it"));
    }
    text.max_length = *length;
    at = end;
  }
  if (at >= rest.size() || rest[at] != '%') {
    return InvalidArgument(StrCat("operator '", text.name, "' is not closed by '%'"));
  }
  consumed = at + 1;
  return text;
}

std::shared_ptr<const Formatter::Operator> MakeLiteral(std::string text) {
  auto piece = std::make_shared<Formatter::Operator>();
  piece->text = std::move(text);
  return piece;
}

}  // namespace

bool Formatter::Operator::Append(std::string& out, const FormatContext& context) const {
  if (append == nullptr) {
    out += text;
    return true;
  }
  const size_t before = out.size();
  if (!append(*this, out, context)) return false;
  if (out.size() - before > max_length) out.resize(before + max_length);
  return true;
}

absl::StatusOr<std::shared_ptr<const Formatter::Operator>> CompileOperator(
    const OperatorText& text) {
  const OperatorEntry* const entry = Find(text.name);
  if (entry == nullptr) return UnknownOperator(text.name);
  auto compiled = std::make_shared<Formatter::Operator>();
  compiled->append = entry->append;
  compiled->is_number = entry->is_number;
  compiled->variant = entry->variant;
  compiled->max_length = text.max_length;
  WEIR_RETURN_IF_ERROR(ReadArgument(text, *compiled));
  return std::shared_ptr<const Formatter::Operator>(std::move(compiled));
}

absl::StatusOr<std::vector<std::shared_ptr<const Formatter::Operator>>> CompileText(
    std::string_view text) {
  std::vector<std::shared_ptr<const Formatter::Operator>> pieces;
  std::string literal;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      literal += text[i];
      continue;
    }
    if (text.substr(i).starts_with("%%")) {
      literal += '%';
      ++i;
      continue;
    }
    size_t consumed = 0;
    const absl::StatusOr<OperatorText> parts = SplitOperator(text.substr(i + 1), consumed);
    if (!parts.ok()) return InvalidArgument(StrCat(MessageOf(parts.status()), ", at position ", i));
    auto piece = CompileOperator(*parts);
    if (!piece.ok()) return InvalidArgument(StrCat(MessageOf(piece.status()), ", at position ", i));
    if (!literal.empty()) pieces.push_back(MakeLiteral(std::exchange(literal, {})));
    pieces.push_back(*std::move(piece));
    i += consumed;
  }
  if (!literal.empty()) pieces.push_back(MakeLiteral(std::move(literal)));
  return pieces;
}

void AppendNumber(std::string& out, uint64_t value) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

bool AppendText(std::string& out, std::string_view text) {
  out += text;
  return !text.empty();
}

bool AppendWord(std::string& out, std::string_view text) {
  const auto end = static_cast<ptrdiff_t>(out.size());
  out += text;
  std::replace(out.begin() + end, out.end(), ' ', '_');
  return !text.empty();
}

bool AppendAddress(std::string& out, const net::Address& address, AddressPart part) {
  if (!address.is_ip()) {
    if (part == AddressPart::kPort) return false;
    return AppendText(out, address.path());
  }
  if (part != AddressPart::kPort) {
    const net::IpAddress& ip = address.ip();
    if (ip.is_v6()) {
      if (part == AddressPart::kAll) out += '[';
      out += ip.ToString();
      if (part == AddressPart::kAll) out += ']';
    } else {
      for (size_t i = 0; i < 4; ++i) {
        if (i > 0) out += '.';
        AppendNumber(out, ip.bytes()[i]);
      }
    }
    if (part == AddressPart::kAll) out += ':';
  }
  if (part != AddressPart::kWithoutPort) AppendNumber(out, address.port());
  return true;
}

bool AppendMilliseconds(std::string& out, event::MonotonicTime from, event::MonotonicTime to) {
  if (to == event::MonotonicTime{}) return false;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
  AppendNumber(out, elapsed < 0 ? 0 : static_cast<uint64_t>(elapsed));
  return true;
}

}  // namespace weir::format
