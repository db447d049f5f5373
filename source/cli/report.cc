#include "source/cli/report.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "source/base/strings.h"
#include "source/control/validation/diagnostic_proto.h"
#include "source/schema/proto_to_text.h"
#include "source/schema/resource_type.h"

namespace weir::cli {
namespace {

namespace v1 = ::weir::control::v1;

std::string ShortVersion(const std::string& version) {
  return version.empty() ? std::string("-") : version.substr(0, 8);
}

std::string StateOf(const v1::TypeStatus& type) {
  if (type.has_last_rejection()) return "REJECTED";
  if (type.awaiting_answer()) return "waiting";
  return type.version_sent().empty() ? "nothing sent" : "applied";
}

std::string Place(const v1::Origin& origin) {
  if (origin.file().empty()) return "-";
  return origin.line() == 0 ? origin.file() : StrCat(origin.file(), ":", origin.line());
}

}  // namespace

std::string Columns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - row[i].size() + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string Counted(size_t count, std::string_view noun) {
  return StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::string Shown(const google::protobuf::RepeatedPtrField<v1::Diagnostic>& diagnostics) {
  std::string out;
  for (v1::Diagnostic one : diagnostics) {
    const bool warning = one.severity() == v1::Diagnostic::WARNING;
    // Said once, at the beginning of the line.
    one.set_severity(v1::Diagnostic::ERROR);
    StrAppend(out, warning ? "warning: " : "error: ", control::validation::ToText(one), "\n");
  }
  return out;
}

std::string Shown(const google::protobuf::RepeatedPtrField<v1::ResourceChange>& changes) {
  std::string out;
  for (const v1::ResourceChange& one : changes) {
    const char* sign = one.kind() == v1::ResourceChange::ADDED     ? "+ "
                       : one.kind() == v1::ResourceChange::REMOVED ? "- "
                                                                   : "~ ";
    StrAppend(out, sign, schema::ShortTypeName(one.type_url()), " ", one.name(), "\n");
  }
  return out;
}

std::string Shown(const v1::GetResponse& response) {
  std::vector<std::vector<std::string>> rows = {{"TYPE", "NAME", "VERSION", "REVISION", "FROM"}};
  for (const v1::StoredResource& one : response.resources()) {
    rows.push_back({std::string(schema::ShortTypeName(one.type_url())), one.name(),
                    ShortVersion(one.version()), StrCat("r", one.changed_in_revision()),
                    Place(one.origin())});
  }
  return Columns(rows);
}

std::string Shown(const v1::StatusResponse& response) {
  std::string out = StrCat("revision r", response.revision());
  if (!response.revision_message().empty()) StrAppend(out, ": ", response.revision_message());
  if (!response.revision_author().empty()) StrAppend(out, " (", response.revision_author(), ")");
  out += '\n';
  std::vector<std::pair<std::string, uint32_t>> counts(response.resource_counts().begin(),
                                                       response.resource_counts().end());
  std::sort(counts.begin(), counts.end());
  for (const auto& [type_url, count] : counts) {
    StrAppend(out, "  ", Counted(count, schema::ShortTypeName(type_url)), "\n");
  }
  out += Shown(response.source_diagnostics());
  if (response.nodes().empty()) return out + "no node is connected\n";
  std::vector<std::vector<std::string>> rows = {
      {"NODE", "TYPE", "STATE", "SENT", "APPLIED", "RESOURCES", "PROGRAM"}};
  std::string rejections;
  for (const v1::NodeStatus& node : response.nodes()) {
    for (const v1::TypeStatus& type : node.types()) {
      rows.push_back({node.id(), std::string(schema::ShortTypeName(type.type_url())), StateOf(type),
                      ShortVersion(type.version_sent()), ShortVersion(type.version_acked()),
                      StrCat(type.subscribed()), node.user_agent()});
      if (!type.has_last_rejection()) continue;
      StrAppend(rejections, "rejected by ", node.id(), " (", schema::ShortTypeName(type.type_url()),
                "): ", type.last_rejection().message(), "\n");
    }
  }
  return out + Columns(rows) + rejections;
}

std::string Json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string out;
  if (!google::protobuf::util::MessageToJsonString(message, &out, options).ok()) {
    // Resources of types that are not compiled in.
    out = schema::MessageToJson(message);
    out += '\n';
  }
  return out;
}

}  // namespace weir::cli
