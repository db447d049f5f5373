#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "source/base/status.h"
#include "source/xds/resource_sink.h"

namespace weir::xds {

absl::StatusOr<std::string> NameInFieldOne(std::string_view bytes) {
  using google::protobuf::internal::WireFormatLite;
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size()));
  constexpr uint32_t kNameTag = (1 << 3) | WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
  std::string name;
  while (const uint32_t tag = input.ReadTag()) {
    const bool read = tag == kNameTag ? WireFormatLite::ReadString(&input, &name)
                                      : WireFormatLite::SkipField(&input, tag);
    if (!read) return InvalidArgument("the resource is cut short or damaged");
  }
  if (!input.ConsumedEntireMessage())
    return InvalidArgument("the resource is cut short or damaged");
  if (name.empty()) return InvalidArgument("the resource has no name");
  return name;
}

}  // namespace weir::xds
