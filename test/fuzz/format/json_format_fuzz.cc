// The JSON form of log formats: what is compiled writes one line of JSON, whatever the request has.
// The first line is the value of user-agent and of the route's name; "-" before it leaves out what
// is missing. Then the template, an item a line:
//
//   {key  [key  an object, a list begins   }  it ends
//   =key=format   #key=digits   +key  true   ~key  null      (a list has no keys)
#include <string>
#include <string_view>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "source/format/json_format.h"
#include "source/format/log_format.h"
#include "source/schema/document.h"
#include "test/format/sample_stream.h"
#include "test/fuzz/lines.h"

namespace weir::format {
namespace {

constexpr int kMostDepth = 50;

JsonTemplate::Object ReadObject(std::string_view& rest, int depth);

JsonTemplate ReadValue(char sign, std::string_view value, std::string_view& rest, int depth) {
  switch (sign) {
    case '{':
      return {ReadObject(rest, depth + 1)};
    case '[':
      return {JsonTemplate::Array(ReadObject(rest, depth + 1).values)};
    case '=':
      return {std::string(value)};
    case '#':
      return {static_cast<double>(ParseUint64(value).value_or(0)) / 3};
    case '+':
      return {true};
    default:
      return {JsonTemplate::Null()};
  }
}

JsonTemplate::Object ReadObject(std::string_view& rest, int depth) {
  JsonTemplate::Object object;
  while (!rest.empty() && depth < kMostDepth) {
    const std::string_view line = TakeLine(rest);
    if (line.starts_with('}')) break;
    if (line.empty()) continue;
    const std::string_view item = line.substr(1);
    const size_t equals = std::min(item.find('='), item.size());
    object.keys.emplace_back(item.substr(0, equals));
    object.values.push_back(
        ReadValue(line[0], item.substr(std::min(equals + 1, item.size())), rest, depth));
  }
  return object;
}

void CheckJson(const std::string& line) {
  WEIR_CHECK(line.find('\n') == std::string::npos, "one line");
  schema::Diagnostics diagnostics;
  const schema::SourceText source{line, "log", schema::SourceText::Format::kJson};
  const auto documents = schema::ReadDocuments(source, diagnostics);
  for (const schema::Diagnostic& each : diagnostics.all()) {
    // As a template of this target may have it, and a Struct may not.
    const bool twice = each.message.find("stands twice") != std::string::npos;
    WEIR_CHECK(twice, "what is written is JSON");
  }
}

void Run(std::string_view input) {
  std::string_view name = TakeLine(input);
  const bool omit_empty = name.starts_with('-');
  if (omit_empty) name.remove_prefix(1);
  const JsonTemplate::Object object = ReadObject(input, 0);
  const auto format = JsonFormat::Create(object, omit_empty);
  if (!format.ok()) {
    WEIR_CHECK(!format.status().message().empty(), "a refusal has a reason");
    return;
  }
  WEIR_CHECK(*format == *JsonFormat::Create(object, omit_empty), "the same again");
  SampleStream sample;
  if (http::HeaderMap::IsValidValue(name)) sample.request.headers.Set("user-agent", name);
  sample.info.route_name = name;
  std::string full, bare;
  format->Append(full, sample.Context());
  format->Append(bare, {.info = sample.info});
  CheckJson(full);
  CheckJson(bare);
  std::string record;
  LogFormat(*format).Append(record, sample.Context());
  WEIR_CHECK(record == full + "\n", "a record is a line");
}

}  // namespace
}  // namespace weir::format

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::format::Run(weir::TextOf(data, size));
  return 0;
}
