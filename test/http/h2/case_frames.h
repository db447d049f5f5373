// The messages of test/conformance/h2_cases.jsonl as frames.
#pragma once

#include <string>

#include "test/http/conformance_cases.h"
#include "test/http/h2/raw_frames.h"

namespace weir::http::h2 {

inline FieldList FieldsOf(const ConformanceCase& test, const std::string& name) {
  FieldList fields;
  for (const CaseValue& field : test.Get(name).items) {
    fields.emplace_back(test.Expand(field.items[0].text), test.Expand(field.items[1].text));
  }
  return fields;
}

// The message of the case on stream 1.
inline std::string MessageOf(const ConformanceCase& test) {
  const std::string end_on = test.Text("end_stream_on");
  std::string bytes = Headers(1, FieldsOf(test, "headers"), end_on == "headers");
  if (test.Has("data")) bytes += Data(1, test.Text("data"), end_on == "data");
  if (test.Has("trailers")) bytes += Headers(1, FieldsOf(test, "trailers"), end_on == "trailers");
  return bytes;
}

}  // namespace weir::http::h2
