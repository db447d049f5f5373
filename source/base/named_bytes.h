// A resource as it came: name, version and serialised message, immutable, in one allocation that
// all who keep it share. There are tens of thousands of them.
//
// A value; any thread. Views are good as long as one copy lives.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace weir {

class NamedBytes {
 public:
  // Three empty texts, without an allocation.
  NamedBytes() = default;
  NamedBytes(std::string_view name, std::string_view version, std::string_view bytes);

  std::string_view name() const;
  std::string_view version() const;
  std::string_view bytes() const;

  // By content.
  friend bool operator==(const NamedBytes& a, const NamedBytes& b);

 private:
  struct Layout;
  Layout layout() const;
  std::string_view TextAt(size_t at, size_t size) const { return {data_.get() + at, size}; }

  // A Layout, the version, the bytes, and the name where it does not stand in the bytes.
  std::shared_ptr<const char[]> data_;
};

}  // namespace weir
