#include "source/extensions/resource_monitors/fixed_heap/fixed_heap.h"

#include "source/extensions/resource_monitors/fixed_heap/config.h"

namespace weir::extensions::resource_monitors::fixed_heap {
namespace {

// What is free inside the heap does not count: it is there for what comes next.
class FixedHeap final : public filter::ResourceMonitor {
 public:
  FixedHeap(const FixedHeapConfig& config, const filter::MonitoredResources& resources)
      : max_bytes_(config.max_heap_size_bytes), heap_(resources.heap) {}

  std::optional<double> Pressure() const override {
    return static_cast<double>(heap_.Read().allocated) / static_cast<double>(max_bytes_);
  }

 private:
  const uint64_t max_bytes_;
  const event::Heap& heap_;
};

}  // namespace

void RegisterFactory(filter::Factories& factories) {
  factories.resource_monitors[std::string(kName)] =
      [](const config::ExtensionConfig& config, const filter::MonitoredResources& resources) {
        return std::make_shared<const FixedHeap>(static_cast<const FixedHeapConfig&>(config),
                                                 resources);
      };
}

}  // namespace weir::extensions::resource_monitors::fixed_heap
