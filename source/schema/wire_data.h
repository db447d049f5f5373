// The tables of api/ as text, without their header lines; compiled in by embed.sh. Columns as in
// the files.
#pragma once

#include <string_view>

namespace weir::schema {

extern const std::string_view kFieldsTable;     // api/wire/fields.tsv
extern const std::string_view kEnumsTable;      // api/wire/enums.tsv
extern const std::string_view kMessagesTable;   // api/wire/messages.tsv
extern const std::string_view kServicesTable;   // api/wire/services.tsv
extern const std::string_view kValidateTable;   // api/wire/validate.tsv
extern const std::string_view kSensitiveTable;  // api/sensitive.tsv
extern const std::string_view kIgnorableTable;  // api/ignorable.tsv

}  // namespace weir::schema
