#include "source/xds/generation_file.h"

#include <charconv>
#include <cstdint>
#include <utility>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "weir/config/v1/generation_file.pb.h"

namespace weir::xds {
namespace {

namespace pb = weir::config::v1;

constexpr std::string_view kMagic = "weir-generation 1 ";

// FNV-1a, 64 bits: finds what disks and editors do to a file. It is no protection against a writer
// who means it.
uint64_t Checksum(std::string_view bytes) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211u;
  }
  return hash;
}

std::string HeadLine(std::string_view payload) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof(digits), Checksum(payload), 16).ptr;
  return StrCat(kMagic, std::string_view(digits, static_cast<size_t>(end - digits)), " ",
                payload.size(), "\n");
}

}  // namespace

std::string SerializeGeneration(const HeldGeneration& generation) {
  pb::GenerationFile file;
  file.set_node_id(generation.node_id);
  for (const HeldType& held : generation.types) {
    pb::GenerationFile::Type& type = *file.add_types();
    type.set_type_url(held.type_url);
    type.set_version(held.version);
    for (const RawResource& raw : held.resources) {
      pb::GenerationFile::Resource& resource = *type.add_resources();
      resource.set_name(std::string(raw.name()));
      resource.set_version(std::string(raw.version()));
      resource.set_value(std::string(raw.bytes()));
    }
  }
  const std::string payload = file.SerializeAsString();
  return HeadLine(payload) + payload;
}

absl::StatusOr<HeldGeneration> ParseGeneration(std::string_view bytes) {
  const size_t end = bytes.find('\n');
  if (!bytes.starts_with(kMagic) || end == std::string_view::npos) {
    return InvalidArgument("it does not begin as a file of a generation does");
  }
  const std::string_view payload = bytes.substr(end + 1);
  if (bytes.substr(0, end + 1) != HeadLine(payload)) {
    return InvalidArgument("its content does not have the checksum and size in its first line");
  }
  pb::GenerationFile file;
  if (!file.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return InvalidArgument("its content is no weir.config.v1.GenerationFile");
  }
  HeldGeneration generation{file.node_id(), {}};
  for (const pb::GenerationFile::Type& type : file.types()) {
    HeldType held{type.type_url(), type.version(), {}};
    for (const pb::GenerationFile::Resource& resource : type.resources()) {
      held.resources.push_back({NamedBytes(resource.name(), resource.version(), resource.value())});
    }
    generation.types.push_back(std::move(held));
  }
  return generation;
}

}  // namespace weir::xds
