// Which virtual host serves a host name: exact names, then the longest "*suffix", the longest
// "prefix*", "*".
//
// Inside the folder alone. Built once, then immutable; any thread. Lookups allocate nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/hash_map.h"

namespace weir::router {

class HostIndex {
 public:
  // `domain` is lower case. False when it is there already.
  bool Add(std::string_view domain, uint32_t virtual_host);

  // `host` is lower case.
  std::optional<uint32_t> Find(std::string_view host) const;

 private:
  // Wildcards of one length.
  struct SameLength {
    size_t length;
    HashMap<uint32_t> hosts;
  };
  static bool AddWildcard(std::vector<SameLength>& wildcards, std::string_view text, uint32_t host);

  HashMap<uint32_t> exact_;
  std::vector<SameLength> suffixes_;  // longest first
  std::vector<SameLength> prefixes_;  // longest first
  std::optional<uint32_t> any_;
};

}  // namespace weir::router
