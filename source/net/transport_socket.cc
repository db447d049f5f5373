#include "source/net/transport_socket.h"

#include "source/base/strings.h"

namespace weir::net {

std::string ConnectionPurpose::Key() const {
  if (server_name.empty() && verified_name.empty() && !downstream.has_value()) return {};
  // None of the parts has a space but the last ones, whose sizes are told.
  std::string key = StrCat(server_name, " ", verified_name);
  if (downstream.has_value()) {
    StrAppend(key, " ", downstream->source.ToString(), " ", downstream->destination.ToString());
  }
  for (const ProxyTlv& tlv : downstream_tlvs) {
    StrAppend(key, " ", int{tlv.type}, ":", tlv.value.size(), ":", tlv.value);
  }
  return key;
}

}  // namespace weir::net
