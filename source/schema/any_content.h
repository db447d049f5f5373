// What an `Any` holds, for those who walk messages without knowing them. Pure.
//
// Content may nest; who follows it counts the levels and stops at kMaxAnyLevels.
#pragma once

#include <memory>
#include <string>

#include "google/protobuf/message.h"

namespace weir::schema {

inline constexpr int kMaxAnyLevels = 16;

bool IsAny(const google::protobuf::Message& message);

struct AnyContent {
  std::string type_url;
  // Null when the type is known neither to this program nor to FullPool(), and when the bytes are
  // broken. A compiled-in `Any` is opened as a compiled-in message where there is one, a dynamic
  // one as a dynamic one.
  std::unique_ptr<google::protobuf::Message> message;
};

AnyContent OpenAny(const google::protobuf::Message& any);

// As OpenAny, and for a TypedStruct the message that it stands for, with that message's type URL;
// fields that do not fit are left out.
AnyContent OpenExtension(const google::protobuf::Message& any);

// The type URL and the Struct of either TypedStruct; `message` is one of them.
struct OpenedTypedStruct {
  std::string type_url;
  std::unique_ptr<google::protobuf::Message> value;  // a google.protobuf.Struct, compiled in
};
OpenedTypedStruct OpenTypedStruct(const google::protobuf::Message& message);

}  // namespace weir::schema
