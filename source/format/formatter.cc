#include "source/format/formatter.h"

#include "source/base/status.h"
#include "source/format/operator.h"

namespace weir::format {

absl::StatusOr<Formatter> Formatter::Create(std::string_view text) {
  Formatter formatter;
  formatter.source_ = std::string(text);
  WEIR_ASSIGN_OR_RETURN(formatter.pieces_, CompileText(text));
  return formatter;
}

Formatter Formatter::Literal(std::string text) {
  Formatter formatter;
  auto piece = std::make_shared<Operator>();
  piece->text = std::move(text);
  for (const char c : piece->text) {
    formatter.source_ += c;
    if (c == '%') formatter.source_ += '%';
  }
  formatter.pieces_.push_back(std::move(piece));
  return formatter;
}

void Formatter::Append(std::string& out, const FormatContext& context, bool omit_empty) const {
  for (const auto& piece : pieces_) {
    if (!piece->Append(out, context) && !omit_empty) out += '-';
  }
}

const std::string* Formatter::literal() const {
  static const std::string kEmpty;
  if (pieces_.empty()) return &kEmpty;
  return pieces_.size() == 1 && pieces_[0]->append == nullptr ? &pieces_[0]->text : nullptr;
}

}  // namespace weir::format
