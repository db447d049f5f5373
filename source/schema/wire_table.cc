#include "source/schema/wire_table.h"

#include <charconv>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "source/schema/wire_data.h"

namespace weir::schema {
namespace {

int ToInt(std::string_view text) {
  int value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  WEIR_CHECK(result.ec == std::errc() && result.ptr == text.data() + text.size(),
             "a number in a table of api/wire");
  return value;
}

TableIndex<WireMessage> BuildMessages() {
  TableIndex<WireMessage> index;
  for (const auto& row : TableRows(kMessagesTable, 2)) {
    index[row[0]] = {.name = row[0], .file = row[1], .fields = {}};
  }
  for (const auto& row : TableRows(kFieldsTable, 8)) {
    const auto message = index.find(row[0]);
    WEIR_CHECK(message != index.end(), "each message of fields.tsv stands in messages.tsv");
    message->second.fields.push_back({.name = row[1],
                                      .number = ToInt(row[2]),
                                      .label = row[3] == "repeated" ? WireField::Label::kRepeated
                                               : row[3] == "map"    ? WireField::Label::kMap
                                                                    : WireField::Label::kOptional,
                                      .type = row[4],
                                      .oneof = row[5] == "-" ? std::string_view() : row[5],
                                      .json_name = row[6],
                                      .deprecated = row[7] == "1"});
  }
  return index;
}

TableIndex<WireEnum> BuildEnums() {
  TableIndex<WireEnum> index;
  for (const auto& row : TableRows(kEnumsTable, 3)) {
    WireEnum& wire_enum = index[row[0]];
    wire_enum.name = row[0];
    wire_enum.values.emplace_back(row[1], ToInt(row[2]));
  }
  return index;
}

}  // namespace

const WireField* WireMessage::FindNumber(int number) const {
  for (const WireField& field : fields) {
    if (field.number == number) return &field;
  }
  return nullptr;
}

const WireField* WireMessage::FindName(std::string_view field_name) const {
  for (const WireField& field : fields) {
    if (field.name == field_name) return &field;
  }
  return nullptr;
}

std::vector<std::vector<std::string_view>> TableRows(std::string_view table, size_t columns) {
  std::vector<std::vector<std::string_view>> rows;
  for (std::string_view line : Split(table, '\n')) {
    if (line.empty()) continue;
    std::vector<std::string_view> row = Split(line, '\t');
    if (row.size() < columns) row.resize(columns);
    rows.push_back(std::move(row));
  }
  return rows;
}

const TableIndex<WireMessage>& WireMessages() {
  static const auto& index = *new TableIndex<WireMessage>(BuildMessages());
  return index;
}

const TableIndex<WireEnum>& WireEnums() {
  static const auto& index = *new TableIndex<WireEnum>(BuildEnums());
  return index;
}

const TableIndex<std::vector<WireMethod>>& WireServices() {
  static const auto& index = *[] {
    auto* services = new TableIndex<std::vector<WireMethod>>();
    for (const auto& row : TableRows(kServicesTable, 6)) {
      (*services)[row[0]].push_back({row[1], row[2], row[3], row[4] == "1", row[5] == "1"});
    }
    return services;
  }();
  return index;
}

const TableIndex<std::vector<std::string_view>>& SensitiveFields() {
  static const auto& index = *[] {
    auto* fields = new TableIndex<std::vector<std::string_view>>();
    for (const auto& row : TableRows(kSensitiveTable, 2)) (*fields)[row[0]].push_back(row[1]);
    return fields;
  }();
  return index;
}

const TableIndex<std::vector<std::pair<std::string_view, std::string_view>>>& IgnorableFields() {
  static const auto& index = *[] {
    auto* fields = new TableIndex<std::vector<std::pair<std::string_view, std::string_view>>>();
    for (const auto& row : TableRows(kIgnorableTable, 3)) {
      (*fields)[row[0]].emplace_back(row[1], row[2]);
    }
    return fields;
  }();
  return index;
}

}  // namespace weir::schema
