#include "source/schema/text_writer.h"

#include <utility>

#include "source/base/strings.h"
#include "source/schema/scalars.h"

namespace weir::schema {
namespace {

std::string Quoted(std::string_view value) {
  std::string out = "\"";
  AppendJsonEscaped(out, value);
  return out + '"';
}

// Whether YAML readers of every version take the text for a string.
bool IsPlainYaml(std::string_view value) {
  if (value.empty() || value.size() > 200) return false;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (!is_letter(value.front()) && value.front() != '/' && value.front() != '_') return false;
  for (char c : value) {
    if (!is_letter(c) && !(c >= '0' && c <= '9') &&
        std::string_view("_-./@+").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return !ParseBool(value) && !EqualsIgnoreCase(value, "null") && !ParseDouble(value);
}

std::string YamlText(std::string_view value) {
  return IsPlainYaml(value) ? std::string(value) : Quoted(value);
}

}  // namespace

void TextWriter::Indent(size_t levels) {
  out_.append(format_ == Format::kYaml ? 2 * levels : levels, ' ');
}

void TextWriter::BeforeValue(bool container) {
  if (after_key_) {
    after_key_ = false;
    if (format_ == Format::kYaml && !container) out_ += ' ';
    return;
  }
  if (levels_.empty()) return;
  Level& level = levels_.back();
  const bool first = std::exchange(level.empty, false);
  if (format_ == Format::kYaml) {
    if (first && level.inline_first) {
      // A list directly in a list.
    } else {
      if (!out_.empty() && !out_.ends_with('\n')) out_ += '\n';
      Indent(levels_.size() - 1);
    }
    out_ += container ? "-" : "- ";
    return;
  }
  if (!first) out_ += ',';
  if (format_ == Format::kJson) {
    out_ += '\n';
    Indent(levels_.size());
  }
}

void TextWriter::Begin(char bracket) {
  const bool in_list = !after_key_ && !levels_.empty();
  BeforeValue(/*container=*/true);
  if (format_ != Format::kYaml) out_ += bracket;
  levels_.push_back({.list = bracket == '[', .empty = true, .inline_first = in_list});
  if (format_ == Format::kYaml && in_list) out_ += ' ';
}

void TextWriter::End(char bracket) {
  const Level level = levels_.back();
  levels_.pop_back();
  if (format_ == Format::kYaml) {
    if (level.empty) {
      if (!out_.empty() && !out_.ends_with(' ')) out_ += ' ';
      out_ += level.list ? "[]" : "{}";
    }
    return;
  }
  if (!level.empty && format_ == Format::kJson) {
    out_ += '\n';
    Indent(levels_.size());
  }
  out_ += bracket;
}

void TextWriter::Key(std::string_view key) {
  Level& level = levels_.back();
  const bool first = std::exchange(level.empty, false);
  after_key_ = true;
  if (format_ == Format::kYaml) {
    if (!(first && level.inline_first)) {
      if (!out_.empty()) out_ += '\n';
      Indent(levels_.size() - 1);
    }
    StrAppend(out_, YamlText(key), ":");
    return;
  }
  if (!first) out_ += ',';
  if (format_ == Format::kJson) {
    out_ += '\n';
    Indent(levels_.size());
  }
  StrAppend(out_, Quoted(key), format_ == Format::kJson ? ": " : ":");
}

void TextWriter::String(std::string_view value) {
  BeforeValue(/*container=*/false);
  out_ += format_ == Format::kYaml ? YamlText(value) : Quoted(value);
}

void TextWriter::Plain(std::string_view value) {
  BeforeValue(/*container=*/false);
  out_ += value;
}

std::string TextWriter::Take() {
  if (format_ != Format::kJsonOneLine) out_ += '\n';
  return std::move(out_);
}

}  // namespace weir::schema
