// A part that most objects of a kind do without: a pointer, until it is first changed. Until then
// it reads as its default. One thread.
#pragma once

#include <memory>

namespace weir {

template <typename T>
class Lazy {
 public:
  const T& operator*() const {
    static const T kDefault{};
    return value_ == nullptr ? kDefault : *value_;
  }
  const T* operator->() const { return &**this; }
  T& Edit() {
    if (value_ == nullptr) value_ = std::make_unique<T>();
    return *value_;
  }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace weir
