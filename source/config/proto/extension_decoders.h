// Which extensions this program decodes: from the message in an `Any` to the extension's
// configuration.
//
// Filled once by main (each extension's config.h has a RegisterDecoder), then read by any thread.
// The connection manager, the TCP proxy, the HTTP router, load-balancing policies and upstream
// protocol options are no entries: they are part of listener and cluster.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "google/protobuf/message.h"
#include "source/base/hash_map.h"
#include "source/config/extension.h"
#include "source/config/proto/scope.h"
#include "source/schema/supported.h"

namespace weir::config::proto {

class ExtensionDecoders {
 public:
  // kRouteFilter: what typed_per_filter_config says to an HTTP filter.
  enum class Category {
    kHttpFilter,
    kRouteFilter,
    kNetworkFilter,
    kListenerFilter,
    kAccessLog,
    kDownstreamTransportSocket,
    kUpstreamTransportSocket,
    kResourceMonitor,
  };
  // Gives the configuration, or null after adding errors to the scope.
  using Decoder = std::function<std::shared_ptr<const ExtensionConfig>(
      const google::protobuf::Message& message, const Scope& scope)>;
  struct Entry {
    Category category;
    Decoder decode;
  };

  // `Message` is the generated type of the extension's configuration.
  template <typename Message>
  void Add(Category category,
           std::function<std::shared_ptr<const ExtensionConfig>(const Message& message,
                                                                const Scope& scope)>
               decode) {
    entries_[Message::descriptor()->full_name()] = Entry{
        category,
        [decode = std::move(decode)](const google::protobuf::Message& message, const Scope& scope) {
          return decode(static_cast<const Message&>(message), scope);
        }};
  }

  // Null when nobody decodes messages of that full name.
  const Entry* Find(std::string_view message_name) const;

  // What schema has to know: true for the entries and for what listener and cluster decode
  // themselves. Points to this.
  schema::KnownExtension Known() const;

 private:
  HashMap<Entry> entries_;
};

}  // namespace weir::config::proto
