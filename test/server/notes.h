// A Subscriber that writes down what directors ask for.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "source/server/subscriber.h"

namespace weir::server {

// Notes "+name" and "-name".
class Notes final : public Subscriber {
 public:
  void Subscribe(const std::string& name, const config::ConfigSource&,
                 const std::string& stats) override {
    places.push_back(stats);
    lines.push_back("+" + name);
  }
  void Unsubscribe(const std::string& name, const config::ConfigSource&,
                   const std::string& stats) override {
    std::erase(places, stats);
    lines.push_back("-" + name);
  }
  std::vector<std::string> Take() { return std::exchange(lines, {}); }
  std::vector<std::string> lines;
  std::vector<std::string> places;  // In the names of stats, of what is subscribed to.
};

}  // namespace weir::server
