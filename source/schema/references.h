// Which resources a resource names: listener to routes, routes to clusters, cluster to endpoints,
// anything to secrets.
//
// The control plane builds its graph from it, the data plane its subscriptions. Pure.
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace weir::schema {

struct Reference {
  // Where the named resource is to come from.
  enum class Source {
    kByName,  // the field has no source of its own: a cluster named by a route
    kAds,     // `ads` or `self`
    kOther,   // a file or a service of its own: not served by this control plane
  };

  std::string path;  // of the field that holds the name
  std::string type_url;
  std::string name;
  Source source = Source::kByName;

  bool operator==(const Reference&) const = default;
};

// In the order of the fields; looks into every `Any` of known type. A name may come more than once.
// Names that a request decides (cluster_header) are not among them. Generated or dynamic message.
std::vector<Reference> CollectReferences(const google::protobuf::Message& resource);

}  // namespace weir::schema
