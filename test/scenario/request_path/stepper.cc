#include "test/scenario/request_path/stepper.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <thread>
#include <vector>

namespace weir::scenario {
namespace {

// The functions of this program by address, from its own symbol table.
class Symbols {
 public:
  Symbols() {
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* base) {
          *static_cast<uint64_t*>(base) = info->dlpi_addr;
          return 1;  // The program itself comes first.
        },
        &base_);
    std::ifstream file("/proc/self/exe", std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    const auto* const head = At<Elf64_Ehdr>(0);
    const auto* const sections = At<Elf64_Shdr>(head->e_shoff);
    for (int i = 0; i < head->e_shnum; ++i) {
      if (sections[i].sh_type == SHT_SYMTAB) Load(sections[i], sections[sections[i].sh_link]);
    }
    std::sort(functions_.begin(), functions_.end(),
              [](const auto& a, const auto& b) { return a.begin < b.begin; });
  }

  // Demangled; empty outside of the program.
  std::string NameOf(uint64_t address) const {
    auto next = std::upper_bound(functions_.begin(), functions_.end(), address,
                                 [](uint64_t at, const Function& f) { return at < f.begin; });
    if (next == functions_.begin()) return "";
    const Function& function = *--next;
    if (address >= function.begin + function.size) return "";
    int status = 0;
    char* const text = abi::__cxa_demangle(function.name, nullptr, nullptr, &status);
    std::string name = status == 0 ? text : function.name;
    std::free(text);
    return name;
  }

 private:
  struct Function {
    uint64_t begin, size;
    const char* name;
  };

  template <typename T>
  const T* At(uint64_t offset) const {
    return reinterpret_cast<const T*>(bytes_.data() + offset);
  }
  void Load(const Elf64_Shdr& table, const Elf64_Shdr& strings) {
    const auto* const symbols = At<Elf64_Sym>(table.sh_offset);
    for (uint64_t i = 0; i < table.sh_size / sizeof(Elf64_Sym); ++i) {
      if (ELF64_ST_TYPE(symbols[i].st_info) != STT_FUNC || symbols[i].st_size == 0) continue;
      functions_.push_back({base_ + symbols[i].st_value, symbols[i].st_size,
                            At<char>(strings.sh_offset + symbols[i].st_name)});
    }
  }

  uint64_t base_ = 0;
  std::vector<char> bytes_;
  std::vector<Function> functions_;
};

uint64_t Peek(pid_t child, uint64_t address) {
  return static_cast<uint64_t>(ptrace(PTRACE_PEEKDATA, child, address, nullptr));
}

// LOCK prefix, which comes first, or after an operand-size or repeat prefix; XCHG with memory locks
// by itself.
bool IsLocked(uint64_t code) {
  unsigned char bytes[8];
  std::memcpy(bytes, &code, sizeof(bytes));
  size_t at = 0;
  while (at < 4 && (bytes[at] == 0x66 || bytes[at] == 0xf2 || bytes[at] == 0xf3)) ++at;
  if (bytes[at] == 0xf0) return true;
  if ((bytes[at] & 0xf0) == 0x40) ++at;  // REX
  const bool exchange = bytes[at] == 0x86 || bytes[at] == 0x87;
  return exchange && (bytes[at + 1] & 0xc0) != 0xc0;
}

bool IsOurs(const std::string& name) {
  return name.find("weir::") != std::string::npos && !name.starts_with("std::") &&
         !name.starts_with("void std::") && !name.starts_with("absl::");
}

// The innermost function of ours. Libraries keep no frame pointers, so that the stack is searched
// for the first word that may be an address to return to.
std::string ChargedTo(pid_t child, const user_regs_struct& registers, const Symbols& symbols) {
  constexpr uint64_t kWords = 512;
  std::string name = symbols.NameOf(registers.rip);
  for (uint64_t i = 0; i < kWords && !IsOurs(name); ++i) {
    name = symbols.NameOf(Peek(child, registers.rsp + 8 * i));
  }
  return IsOurs(name) ? name : "unknown";
}

[[noreturn]] void RunChild(const std::function<void()>& run) {
  static std::atomic<bool> parked{false};
  std::thread([] {
    parked.store(true);
    for (;;) pause();
  }).detach();
  while (!parked.load()) std::this_thread::yield();
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
  raise(SIGSTOP);
  run();
  raise(SIGSTOP);
  _exit(0);
}

bool Stopped(pid_t child, int signal) {
  int status = 0;
  return waitpid(child, &status, __WALL) == child && WIFSTOPPED(status) &&
         WSTOPSIG(status) == signal;
}

// Where the C library's allocating functions begin: operator new ends there, too.
std::vector<uint64_t> Allocators() {
  std::vector<uint64_t> addresses;
  for (const char* name : {"malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign"}) {
    addresses.push_back(reinterpret_cast<uint64_t>(dlsym(RTLD_DEFAULT, name)));
  }
  return addresses;
}

}  // namespace

StepResult StepThrough(const std::function<void()>& run) {
  StepResult result;
  const Symbols symbols;
  const std::vector<uint64_t> allocators = Allocators();
  const pid_t child = fork();
  if (child == 0) RunChild(run);
  if (child < 0 || !Stopped(child, SIGSTOP)) return result;
  result.traced = true;
  while (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0 && Stopped(child, SIGTRAP)) {
    ++result.instructions;
    user_regs_struct registers;
    ptrace(PTRACE_GETREGS, child, nullptr, &registers);
    if (IsLocked(Peek(child, registers.rip))) ++result.locked[ChargedTo(child, registers, symbols)];
    if (std::find(allocators.begin(), allocators.end(), registers.rip) != allocators.end()) {
      ++result.allocations[ChargedTo(child, registers, symbols)];
    }
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, __WALL);
  return result;
}

}  // namespace weir::scenario
