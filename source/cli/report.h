// What weirctl prints: answers of the server as text for people. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/control/v1/control.pb.h"

namespace weir::cli {

// Rows in columns two blanks apart; the last column is not padded.
std::string Columns(const std::vector<std::vector<std::string>>& rows);

// "1 change", "2 changes".
std::string Counted(size_t count, std::string_view noun);
// One a line: "error: FILE:LINE:COLUMN: ...".
std::string Shown(const google::protobuf::RepeatedPtrField<control::v1::Diagnostic>& diagnostics);
// One a line: "+ cluster web".
std::string Shown(const google::protobuf::RepeatedPtrField<control::v1::ResourceChange>& changes);
std::string Shown(const control::v1::GetResponse& response);
std::string Shown(const control::v1::StatusResponse& response);

// Any answer, for programs: the API's field names, everything there.
std::string Json(const google::protobuf::Message& message);

}  // namespace weir::cli
