#include "source/schema/diagnostic.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "source/base/strings.h"

namespace weir::schema {

std::string Diagnostic::ToString() const {
  std::string out;
  if (!file.empty()) {
    out = file;
    if (line > 0) StrAppend(out, ":", line, ":", column);
    out += ": ";
  } else if (line > 0) {
    out = StrCat(line, ":", column, ": ");
  }
  if (severity == Severity::kWarning) out += "warning: ";
  if (!resource.empty()) StrAppend(out, "\"", resource, "\": ");
  if (!path.empty()) StrAppend(out, path, ": ");
  out += message;
  if (!value.empty()) StrAppend(out, ", got ", value);
  if (!rule.empty()) StrAppend(out, " [", rule, "]");
  if (!suggestion.empty()) StrAppend(out, "; did you mean \"", suggestion, "\"?");
  return out;
}

void Diagnostics::Add(Diagnostic diagnostic) {
  if (diagnostic.severity == Diagnostic::Severity::kError) ++errors_;
  if (all_.size() < kMaxKept) {
    all_.push_back(std::move(diagnostic));
  } else {
    ++dropped_;
  }
}

void Diagnostics::Error(std::string path, std::string message) {
  Diagnostic diagnostic;
  diagnostic.path = std::move(path);
  diagnostic.message = std::move(message);
  Add(std::move(diagnostic));
}

void Diagnostics::Append(Diagnostics other) {
  for (Diagnostic& diagnostic : other.all_) Add(std::move(diagnostic));
  // Those that `other` dropped were counted there; its kept ones were counted again by Add.
  const size_t kept_errors = static_cast<size_t>(
      std::count_if(other.all_.begin(), other.all_.end(), [](const Diagnostic& diagnostic) {
        return diagnostic.severity == Diagnostic::Severity::kError;
      }));
  errors_ += other.errors_ - kept_errors;
  dropped_ += other.dropped_;
}

void Diagnostics::Sort() {
  std::vector<size_t> order(all_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [this](size_t left, size_t right) {
    const Diagnostic& a = all_[left];
    const Diagnostic& b = all_[right];
    return std::tie(a.file, a.line, a.column, a.severity, left) <
           std::tie(b.file, b.line, b.column, b.severity, right);
  });
  std::vector<Diagnostic> sorted;
  sorted.reserve(all_.size());
  for (size_t index : order) sorted.push_back(std::move(all_[index]));
  all_ = std::move(sorted);
}

std::string Diagnostics::ToString(size_t max_lines) const {
  std::string out;
  const size_t shown = std::min(max_lines, all_.size());
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) out += '\n';
    out += all_[i].ToString();
  }
  if (const size_t rest = all_.size() + dropped_ - shown; rest > 0) {
    StrAppend(out, shown > 0 ? "\n" : "", "and ", rest, " more");
  }
  return out;
}

std::string ShownValue(const std::string& value) {
  constexpr size_t kMaxShown = 60;
  size_t length = std::min(value.size(), kMaxShown);
  // Not in the middle of a UTF-8 character.
  while (length < value.size() && length > 0 &&
         (static_cast<unsigned char>(value[length]) & 0xC0) == 0x80) {
    --length;
  }
  std::string out = "\"";
  AppendJsonEscaped(out, std::string_view(value).substr(0, length));
  out += length < value.size() ? "...\"" : "\"";
  return out;
}

}  // namespace weir::schema
