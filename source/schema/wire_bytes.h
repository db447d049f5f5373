// Serialized messages. Pure.
#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace weir::schema {

// The same bytes for equal messages of one type: map entries are sorted.
std::string DeterministicBytes(const google::protobuf::Message& message);

}  // namespace weir::schema
