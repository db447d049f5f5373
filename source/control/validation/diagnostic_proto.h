// Diagnostics as messages of the management API. Pure.
#pragma once

#include "source/schema/diagnostic.h"
#include "weir/control/v1/control.pb.h"

namespace weir::control::validation {

weir::control::v1::Diagnostic ToProto(const schema::Diagnostic& diagnostic);

// All of them, errors before warnings, otherwise in order of file, line and column.
template <typename Repeated>
void AddAll(schema::Diagnostics diagnostics, Repeated& out) {
  diagnostics.Sort();
  for (const auto severity :
       {schema::Diagnostic::Severity::kError, schema::Diagnostic::Severity::kWarning}) {
    for (const schema::Diagnostic& one : diagnostics.all()) {
      if (one.severity == severity) *out.Add() = ToProto(one);
    }
  }
}

// "file:line:column: path: message, got VALUE [rule]; did you mean ...?"
std::string ToText(const weir::control::v1::Diagnostic& diagnostic);

}  // namespace weir::control::validation
