// A part of a configuration that many resources have alike: a value that costs a pointer where it
// equals the default, or where SharedParts has made equal ones one.
#pragma once

#include <memory>
#include <utility>

namespace weir::config {

template <typename T>
class Shared {
 public:
  Shared() : value_(Default()) {}
  Shared(T value) : value_(std::make_shared<const T>(std::move(value))) {}
  // Not null.
  explicit Shared(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  const std::shared_ptr<const T>& pointer() const { return value_; }
  // A copy of its own, to be changed before anybody else sees it.
  T& Edit() {
    auto own = std::make_shared<T>(*value_);
    value_ = own;
    return *own;
  }

  // By value.
  friend bool operator==(const Shared& a, const Shared& b) {
    return a.value_ == b.value_ || *a.value_ == *b.value_;
  }

 private:
  static const std::shared_ptr<const T>& Default() {
    static const auto value = std::make_shared<const T>();
    return value;
  }

  std::shared_ptr<const T> value_;
};

// The same for a part that may be missing.
template <typename T>
bool SamePart(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

}  // namespace weir::config
