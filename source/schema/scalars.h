// What the text of a scalar means: booleans, integers, durations. Pure; each gives nothing
// when the text is not one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/struct.pb.h"
#include "source/schema/document.h"

namespace weir::schema {

// true and false, and what YAML 1.1 (and so Envoy) also takes: yes, no, on, off, y, n.
std::optional<bool> ParseBool(std::string_view text);

// Decimal with sign, 0x hexadecimal, and numbers like 1e3 or 2.0 that are whole. A decimal with a
// leading zero is refused: it is octal to some readers.
std::optional<int64_t> ParseInt64(std::string_view text);
std::optional<uint64_t> ParseUnsigned(std::string_view text);

// With "NaN", "Infinity", "-Infinity", and YAML's ".nan", ".inf", "-.inf".
std::optional<double> ParseDouble(std::string_view text);

// "1.5s": at most nine digits after the point, within 10,000 years (duration.proto).
std::optional<google::protobuf::Duration> ParseDuration(std::string_view text);
// "500ms", "2m", "1h30m": the duration that was probably meant, as "0.5s"; empty when none.
std::string DurationHint(std::string_view text);

// "1.5s"; with `in_threes` the fraction has 3, 6 or 9 digits, as protobuf writes it: "1.500s".
std::string DurationToText(int64_t seconds, int32_t nanos, bool in_threes = false);

// The shortest decimal text that reads back as `value`; whole numbers without a point.
std::string DoubleToText(double value);

// A node as JSON-like data. Plain YAML scalars become null, booleans and numbers by YAML's core
// schema.
google::protobuf::Value NodeToValue(const Node& node);
// The other way, for messages that come as a Struct; the nodes belong to `document`.
const Node& ValueToNode(const google::protobuf::Value& value, Document& document);

}  // namespace weir::schema
