#include "source/net/transport_socket.h"

#include "source/base/strings.h"

namespace weir::net {

std::string ConnectionPurpose::Key() const {
  if (server_name.empty() && verified_name.empty() && !downstream.has_value()) return {};
  // None of the parts has a space.
  std::string key = StrCat(server_name, " ", verified_name);
  if (downstream.has_value()) {
    StrAppend(key, " ", downstream->source.ToString(), " ", downstream->destination.ToString());
  }
  return key;
}

}  // namespace weir::net
