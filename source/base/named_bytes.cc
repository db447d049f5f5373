#include "source/base/named_bytes.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "source/base/check.h"

namespace weir {

struct NamedBytes::Layout {
  uint32_t name_at = 0;
  uint32_t name_size = 0;
  uint32_t version_size = 0;
  uint32_t bytes_size = 0;

  static constexpr size_t version_at() { return sizeof(Layout); }
  size_t bytes_at() const { return version_at() + version_size; }
  size_t end() const { return bytes_at() + bytes_size; }
};

NamedBytes::NamedBytes(std::string_view name, std::string_view version, std::string_view bytes) {
  WEIR_CHECK(std::max({name.size(), version.size(), bytes.size()}) < (size_t{1} << 30),
             "a message is smaller than 1 GB");
  Layout layout{.name_size = static_cast<uint32_t>(name.size()),
                .version_size = static_cast<uint32_t>(version.size()),
                .bytes_size = static_cast<uint32_t>(bytes.size())};
  // Messages hold their own name, nearly always.
  const size_t within = bytes.find(name);
  const bool apart = within == std::string_view::npos;
  layout.name_at = static_cast<uint32_t>(apart ? layout.end() : layout.bytes_at() + within);
  const auto data =
      std::make_shared_for_overwrite<char[]>(layout.end() + (apart ? name.size() : 0));
  std::memcpy(data.get(), &layout, sizeof(layout));
  std::ranges::copy(version, data.get() + Layout::version_at());
  std::ranges::copy(bytes, data.get() + layout.bytes_at());
  if (apart) std::ranges::copy(name, data.get() + layout.name_at);
  data_ = data;
}

NamedBytes::Layout NamedBytes::layout() const {
  Layout layout;
  std::memcpy(&layout, data_.get(), sizeof(layout));
  return layout;
}

std::string_view NamedBytes::name() const {
  if (data_ == nullptr) return {};
  const Layout at = layout();
  return TextAt(at.name_at, at.name_size);
}

std::string_view NamedBytes::version() const {
  if (data_ == nullptr) return {};
  return TextAt(Layout::version_at(), layout().version_size);
}

std::string_view NamedBytes::bytes() const {
  if (data_ == nullptr) return {};
  const Layout at = layout();
  return TextAt(at.bytes_at(), at.bytes_size);
}

bool operator==(const NamedBytes& a, const NamedBytes& b) {
  return a.data_ == b.data_ ||
         (a.name() == b.name() && a.version() == b.version() && a.bytes() == b.bytes());
}

}  // namespace weir
