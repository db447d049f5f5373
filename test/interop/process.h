// A program of ours as a child process: started with its output in a file, killed or ended by its
// pid. What still runs when the object goes is killed. One thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace weir::interop {

class Process {
 public:
  // `log` gets what the program prints; it is appended to.
  Process(std::vector<std::string> words, std::string log);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() { Kill(); }

  // At once, without a chance to say good-bye.
  void Kill();
  // Until it ends; the exit code, or minus the signal that ended it.
  int Wait();
  // Whether it is still there.
  bool Runs();
  // The end of what it printed, for a failing test to show.
  std::string LogTail() const;

 private:
  const std::string log_;
  pid_t pid_ = -1;
};

// A folder of this test's own, and below it `name`.
std::string ScratchPath(const std::string& name);
void WriteFile(const std::string& path, const std::string& text);
std::string ReadFile(const std::string& path);

}  // namespace weir::interop
