// The field rules of xDS (api/wire/validate.tsv): lengths, ranges, required fields and oneofs,
// patterns.
//
// Checks generated and dynamic messages alike, and what an `Any` or a TypedStruct holds when its
// type is known. Pure.
#pragma once

#include <string_view>

#include "google/protobuf/message.h"
#include "source/schema/diagnostic.h"

namespace weir::schema {

// Adds one error for each broken rule; `path` goes before each path. False when there was one.
bool CheckRules(const google::protobuf::Message& message, Diagnostics& diagnostics,
                std::string_view path = {});

}  // namespace weir::schema
