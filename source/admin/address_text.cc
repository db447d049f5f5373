#include "source/admin/address_text.h"

#include "source/base/strings.h"

namespace weir::admin {

void FillAddress(std::string_view text, Draft address) {
  const size_t colon = text.rfind(':');
  if (text.starts_with('/') || text.starts_with('@') || colon == std::string_view::npos) {
    address.Sub("pipe").Text("path", text);
    return;
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  address.Sub("socket_address")
      .Text("address", host)
      .Number("port_value", ParseUint64(text.substr(colon + 1)).value_or(0));
}

}  // namespace weir::admin
