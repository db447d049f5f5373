// What makes transports, for directors whose clusters and listeners have none.
#pragma once

#include "source/server/transport_maker.h"

namespace weir::server {

class NoLogs final : public filter::LogSinks {
 public:
  std::shared_ptr<filter::LogSink> Open(const std::string&) override { return nullptr; }
  std::shared_ptr<filter::LogSink> OpenPrivate(const std::string&) override { return nullptr; }
};

struct Transports {
  explicit Transports(Subscriber& subscriber) : secrets(subscriber) {}

  config::proto::ExtensionDecoders decoders;
  config::proto::NoDataReader data;
  filter::Factories factories;
  NoLogs logs;
  config::Runtime runtime;
  ResourceCompiler compiler{{decoders, data, false, &runtime}, factories, logs};
  SecretDirector secrets;
  TransportMaker maker{compiler, secrets};
};

}  // namespace weir::server
