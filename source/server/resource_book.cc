#include "source/server/resource_book.h"

#include <utility>

namespace weir::server {

admin::ResourceSet& ResourceBook::SetOf(const SetId& id) {
  for (admin::ResourceSet& set : sets_) {
    if (set.type_url == id.type_url && set.origin == id.origin) return set;
  }
  sets_.push_back({id.type_url, id.origin, "", {}});
  return sets_.back();
}

std::vector<std::string> ResourceBook::Drop(const SetId& id) {
  std::vector<std::string> names;
  SetOf(id).records.ForEach(
      [&](std::string_view name, const admin::ResourceRecord&) { names.emplace_back(name); });
  std::erase_if(sets_, [&](const admin::ResourceSet& set) {
    return set.type_url == id.type_url && set.origin == id.origin;
  });
  return names;
}

void ResourceBook::Accepted(const SetId& id, admin::ResourceRecord record) {
  if (record.remarks != nullptr) ignored_fields_ += record.remarks->ignored.size();
  admin::ResourceSet& set = SetOf(id);
  const NamedBytes content = record.content;
  set.records = set.records.Set(content.name(), std::move(record));
}

void ResourceBook::Renewed(const SetId& id, const NamedBytes& content) {
  admin::ResourceSet& set = SetOf(id);
  const auto* const before = set.records.Find(content.name());
  if (before == nullptr || before->content.version() == content.version()) return;
  admin::ResourceRecord record = *before;
  record.content = content;
  set.records = set.records.Set(content.name(), std::move(record));
}

void ResourceBook::Rejected(const SetId& id, std::string_view name,
                            admin::ResourceRecord::Error error) {
  admin::ResourceSet& set = SetOf(id);
  const auto* const before = set.records.Find(name);
  admin::ResourceRecord record =
      before == nullptr ? admin::ResourceRecord{.content = NamedBytes(name, {}, {})} : *before;
  admin::ResourceRecord::Remarks remarks;
  if (record.remarks != nullptr) remarks = *record.remarks;
  remarks.error = std::move(error);
  record.remarks = std::make_shared<const admin::ResourceRecord::Remarks>(std::move(remarks));
  set.records = set.records.Set(name, std::move(record));
}

void ResourceBook::Removed(const SetId& id, std::string_view name) {
  admin::ResourceSet& set = SetOf(id);
  set.records = set.records.Erase(name);
}

void ResourceBook::SetVersion(const SetId& id, std::string_view version) {
  SetOf(id).version = version;
}

}  // namespace weir::server
