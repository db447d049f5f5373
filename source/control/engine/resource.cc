#include "source/control/engine/resource.h"

#include <utility>

#include "source/base/strings.h"
#include "source/control/engine/wire.h"

namespace weir::control::engine {

std::string SourcePosition::ToText() const {
  if (line == 0) return file;
  return StrCat(file, ":", line, ":", column);
}

ResourcePtr MakeResource(std::string type_url, std::string name, std::string_view bytes,
                         std::vector<Reference> references, SourcePosition source) {
  auto resource = std::make_shared<Resource>();
  ContentHasher hasher;
  hasher.AddDelimited(type_url);
  hasher.Add(bytes);
  resource->hash = hasher.Finish();
  resource->any.reserve(type_url.size() + bytes.size() + 16);
  wire::AppendField(resource->any, 1, type_url);
  wire::AppendField(resource->any, 2, bytes);
  resource->type_url = std::move(type_url);
  resource->name = std::move(name);
  resource->references = std::move(references);
  resource->source = std::move(source);
  return resource;
}

std::string_view MessageBytes(const Resource& resource) {
  std::string_view any = resource.any;
  const size_t head = 1 + wire::VarintSize(resource.type_url.size()) + resource.type_url.size();
  if (any.size() <= head) return {};
  any.remove_prefix(head + 1);  // The tag of field 2.
  size_t length_bytes = 1;
  while (static_cast<unsigned char>(any[length_bytes - 1]) >= 0x80) ++length_bytes;
  any.remove_prefix(length_bytes);
  return any;
}

}  // namespace weir::control::engine
