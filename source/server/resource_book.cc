#include "source/server/resource_book.h"

#include <utility>

namespace weir::server {

admin::ResourceSet& ResourceBook::SetOf(std::string_view type_url) {
  for (admin::ResourceSet& set : sets_) {
    if (set.type_url == type_url) return set;
  }
  sets_.push_back({std::string(type_url), "", {}});
  return sets_.back();
}

void ResourceBook::Accepted(std::string_view type_url, admin::ResourceRecord record) {
  if (record.ignored != nullptr) ignored_fields_ += record.ignored->size();
  admin::ResourceSet& set = SetOf(type_url);
  const NamedBytes content = record.content;
  set.records = set.records.Set(content.name(), std::move(record));
}

void ResourceBook::Renewed(std::string_view type_url, const NamedBytes& content) {
  admin::ResourceSet& set = SetOf(type_url);
  const auto* const before = set.records.Find(content.name());
  if (before == nullptr || before->content.version() == content.version()) return;
  admin::ResourceRecord record = *before;
  record.content = content;
  set.records = set.records.Set(content.name(), std::move(record));
}

void ResourceBook::Rejected(std::string_view type_url, std::string_view name,
                            admin::ResourceRecord::Error error) {
  admin::ResourceSet& set = SetOf(type_url);
  const auto* const before = set.records.Find(name);
  admin::ResourceRecord record =
      before == nullptr ? admin::ResourceRecord{.content = NamedBytes(name, {}, {})} : *before;
  record.error = std::make_shared<const admin::ResourceRecord::Error>(std::move(error));
  set.records = set.records.Set(name, std::move(record));
}

void ResourceBook::Removed(std::string_view type_url, std::string_view name) {
  admin::ResourceSet& set = SetOf(type_url);
  set.records = set.records.Erase(name);
}

void ResourceBook::SetVersion(std::string_view type_url, std::string_view version) {
  SetOf(type_url).version = version;
}

}  // namespace weir::server
