// The record of every resource: what was accepted, what was refused and why, for /config_dump and
// for people.
//
// Main thread; what it hands out is immutable and shared, so that a page costs nothing here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/admin/view.h"
#include "source/base/hash_map.h"

namespace weir::server {

class ResourceBook {
 public:
  void Accepted(std::string_view type_url, admin::ResourceRecord record);
  // What was accepted came again with another version: it is kept once, under the newest.
  void Renewed(std::string_view type_url, const NamedBytes& content);
  void Rejected(std::string_view type_url, std::string_view name,
                admin::ResourceRecord::Error error);
  void Removed(std::string_view type_url, std::string_view name);
  void SetVersion(std::string_view type_url, std::string_view version);

  // Fields without effect in all that was accepted so far.
  uint64_t ignored_fields() const { return ignored_fields_; }

  // One for each type in the order they were first seen.
  std::vector<admin::ResourceSet> Sets() const { return sets_; }

 private:
  admin::ResourceSet& SetOf(std::string_view type_url);

  std::vector<admin::ResourceSet> sets_;
  uint64_t ignored_fields_ = 0;
};

}  // namespace weir::server
