// /memory: the heap, what connections hold by kind, and who makes us hold the most.
#include <malloc.h>

#include <string>

#include "source/admin/draft.h"
#include "source/admin/pages.h"
#include "source/base/strings.h"
#include "source/base/value.h"
#include "source/schema/proto_to_text.h"

namespace weir::admin {
namespace {

Value Number(uint64_t value) { return Value::Number(static_cast<double>(value)); }

Value::Fields FieldsOf(const HeldBytes& held) {
  return {{"connections", Number(held.connections)},
          {"input_bytes", Number(held.input)},
          {"header_bytes", Number(held.headers)},
          {"body_bytes", Number(held.body)},
          {"output_bytes", Number(held.output)}};
}

Value WorkersOf(const MemoryStatus& memory) {
  Value::List workers;
  for (const MemoryStatus::OfWorker& worker : memory.workers) {
    workers.push_back(
        Value::FromFields({{"block_bytes_in_use", Number(worker.block_bytes_in_use)},
                           {"block_bytes_free", Number(worker.block_bytes_free)},
                           {"downstream", Value::FromFields(FieldsOf(worker.downstream))},
                           {"upstream", Value::FromFields(FieldsOf(worker.upstream))}}));
  }
  return Value::FromList(std::move(workers));
}

Value LargestOf(const MemoryStatus& memory) {
  Value::List holders;
  for (const MemoryStatus::Holder& holder : memory.largest) {
    Value::Fields fields = FieldsOf(holder.held);
    fields.emplace_back("peer", Value::String(holder.peer));
    fields.emplace_back("side", Value::String(holder.upstream ? "upstream" : "downstream"));
    holders.push_back(Value::FromFields(std::move(fields)));
  }
  return Value::FromList(std::move(holders));
}

}  // namespace

Page MemoryPage(const Inputs& inputs, const Query&) {
  const struct mallinfo2 heap = mallinfo2();
  const auto message = NewDraftMessage("envoy.admin.v3.Memory");
  Draft(*message)
      .Number("allocated", heap.uordblks + heap.hblkhd)
      .Number("heap_size", heap.arena + heap.hblkhd)
      .Number("pageheap_free", heap.fordblks);
  // Envoy's message, and what it has no fields for behind it.
  std::string body = schema::MessageToJson(*message, {.always_print_primitives = true});
  body.resize(body.rfind('\n', body.rfind('}')));
  body += ",\n \"workers\": ";
  AppendJson(body, WorkersOf(inputs.view->memory));
  body += ",\n \"largest_holders\": ";
  AppendJson(body, LargestOf(inputs.view->memory));
  body += "\n}\n";
  return JsonPage(std::move(body));
}

}  // namespace weir::admin
