#include "source/format/log_format.h"

#include "source/base/check.h"

namespace weir::format {

const std::string_view kDefaultAccessLogFormat =
    "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "
    "\"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" "
    "\"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";

LogFormat::LogFormat() {
  absl::StatusOr<Formatter> text = Formatter::Create(kDefaultAccessLogFormat);
  WEIR_CHECK(text.ok(), "the default format compiles");
  format_ = *std::move(text);
}

void LogFormat::Append(std::string& out, const FormatContext& context) const {
  if (const auto* text = std::get_if<Formatter>(&format_)) {
    text->Append(out, context, omit_empty_);
    return;
  }
  std::get<JsonFormat>(format_).Append(out, context);
  out += '\n';
}

}  // namespace weir::format
