// The messages of /config_dump: one for each kind of configuration, as envoy.admin.v3 has them.
// Pure.
#pragma once

#include <memory>
#include <vector>

#include "google/protobuf/message.h"
#include "source/admin/view.h"

namespace re2 {
class RE2;
}

namespace weir::admin {

struct DumpWish {
  const re2::RE2* name = nullptr;  // The whole name of a resource matches it; null: all.
  bool endpoints = false;
};

// BootstrapConfigDump, ClustersConfigDump, EndpointsConfigDump, ListenersConfigDump,
// RoutesConfigDump, and last, where something was ignored, weir.admin.v1.IgnoredConfigDump.
// Resources by name. Secrets are still in them.
std::vector<std::unique_ptr<google::protobuf::Message>> DumpMessages(const View& view,
                                                                     const DumpWish& wish);

}  // namespace weir::admin
