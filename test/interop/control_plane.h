// weir-control and weir as processes, and the push API as their user sees it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "test/interop/process.h"
#include "weir/control/v1/control.grpc.pb.h"

namespace weir::interop {

class ControlPlane {
 public:
  // On this port, with further flags.
  ControlPlane(uint16_t port, std::vector<std::string> flags);

  void Start();
  void Kill() { process_.reset(); }

  // The whole configuration in place of the one before. Waits for the control plane to answer.
  control::v1::PushResponse Push(const std::string& yaml);
  control::v1::StatusResponse Status();
  std::string LogTail() const { return process_ == nullptr ? "" : process_->LogTail(); }

 private:
  const uint16_t port_;
  const std::vector<std::string> flags_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<control::v1::ConfigService::Stub> stub_;
};

enum class XdsVariant { kSotw, kDelta };

// What weir starts with: its name, its admin server and where its control plane is.
std::string Bootstrap(uint16_t admin, uint16_t control, XdsVariant variant);

}  // namespace weir::interop
