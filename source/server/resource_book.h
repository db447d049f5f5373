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
  // The resources of one type from one origin (see config::OriginOf): names are unique there.
  struct SetId {
    std::string type_url;
    std::string origin;
  };

  void Accepted(const SetId& id, admin::ResourceRecord record);
  // What was accepted came again with another version: it is kept once, under the newest.
  void Renewed(const SetId& id, const NamedBytes& content);
  void Rejected(const SetId& id, std::string_view name, admin::ResourceRecord::Error error);
  void Removed(const SetId& id, std::string_view name);
  void SetVersion(const SetId& id, std::string_view version);
  // Nothing comes from there any more. Gives the names that were there.
  std::vector<std::string> Drop(const SetId& id);

  // Fields without effect in all that was accepted so far.
  uint64_t ignored_fields() const { return ignored_fields_; }

  // In the order they were first seen.
  std::vector<admin::ResourceSet> Sets() const { return sets_; }

 private:
  admin::ResourceSet& SetOf(const SetId& id);

  std::vector<admin::ResourceSet> sets_;
  uint64_t ignored_fields_ = 0;
};

}  // namespace weir::server
