#include "source/config/header_mutations.h"

namespace weir::config {
namespace {

struct Applied {
  http::HeaderMap& headers;
  const format::FormatContext& context;

  void operator()(const format::HeaderAddition& addition) const {
    addition.Apply(headers, context);
  }
  void operator()(const RemoveField& field) const { headers.Remove(field.name); }
  void operator()(const RemoveFields& fields) const {
    headers.RemoveIf(
        [&](const http::HeaderField& field) { return fields.names.Matches(field.name); });
  }
};

}  // namespace

void HeaderMutations::Apply(http::HeaderMap& headers, const format::FormatContext& context) const {
  for (const HeaderMutation& mutation : in_order) std::visit(Applied{headers, context}, mutation);
}

}  // namespace weir::config
