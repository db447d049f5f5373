#include "source/control/validation/diagnostic_proto.h"

namespace weir::control::validation {

namespace v1 = ::weir::control::v1;

v1::Diagnostic ToProto(const schema::Diagnostic& diagnostic) {
  v1::Diagnostic out;
  out.set_severity(diagnostic.severity == schema::Diagnostic::Severity::kError
                       ? v1::Diagnostic::ERROR
                       : v1::Diagnostic::WARNING);
  out.set_file(diagnostic.file);
  out.set_line(diagnostic.line);
  out.set_column(diagnostic.column);
  out.set_type_url(diagnostic.type_url);
  out.set_resource(diagnostic.resource);
  out.set_path(diagnostic.path);
  out.set_message(diagnostic.message);
  out.set_rule(diagnostic.rule);
  out.set_value(diagnostic.value);
  out.set_suggestion(diagnostic.suggestion);
  return out;
}

std::string ToText(const v1::Diagnostic& diagnostic) {
  schema::Diagnostic plain;
  plain.severity = diagnostic.severity() == v1::Diagnostic::WARNING
                       ? schema::Diagnostic::Severity::kWarning
                       : schema::Diagnostic::Severity::kError;
  plain.file = diagnostic.file();
  plain.line = diagnostic.line();
  plain.column = diagnostic.column();
  plain.type_url = diagnostic.type_url();
  plain.resource = diagnostic.resource();
  plain.path = diagnostic.path();
  plain.message = diagnostic.message();
  plain.rule = diagnostic.rule();
  plain.value = diagnostic.value();
  plain.suggestion = diagnostic.suggestion();
  return plain.ToString();
}

}  // namespace weir::control::validation
