// The format of one access log: text or JSON. Immutable, any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "source/format/formatter.h"
#include "source/format/json_format.h"

namespace weir::format {

// Envoy's default access log line, with its line break.
extern const std::string_view kDefaultAccessLogFormat;

class LogFormat {
 public:
  // kDefaultAccessLogFormat.
  LogFormat();
  // The text brings its own line break.
  explicit LogFormat(Formatter text, bool omit_empty = false)
      : omit_empty_(omit_empty), format_(std::move(text)) {}
  // A line break is put after each object.
  explicit LogFormat(JsonFormat json) : format_(std::move(json)) {}

  // One record.
  void Append(std::string& out, const FormatContext& context) const;
  friend bool operator==(const LogFormat&, const LogFormat&) = default;

 private:
  bool omit_empty_ = false;
  std::variant<Formatter, JsonFormat> format_;
};

}  // namespace weir::format
