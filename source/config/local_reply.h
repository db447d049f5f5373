// How answers that are made here look (LocalReplyConfig of the connection manager), as an immutable
// value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "source/config/log_filter.h"
#include "source/format/header_changes.h"
#include "source/format/log_format.h"

namespace weir::config {

struct BodyFormat {
  format::LogFormat text;
  std::string content_type;
  friend bool operator==(const BodyFormat&, const BodyFormat&) = default;
};

// ResponseMapper. What is absent stays as it is.
struct ReplyMapper {
  LogFilter filter;
  std::optional<uint16_t> status;
  std::optional<std::string> body;
  std::optional<BodyFormat> body_format;  // In place of LocalReplies::body_format.
  format::HeaderChanges headers;
  friend bool operator==(const ReplyMapper&, const ReplyMapper&) = default;
};

struct LocalReplies {
  std::vector<ReplyMapper> mappers;  // The first that holds counts.
  std::optional<BodyFormat> body_format;
  friend bool operator==(const LocalReplies&, const LocalReplies&) = default;
};

}  // namespace weir::config
