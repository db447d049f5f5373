// A call to be made later: std::function<void()> in half the space, and without an allocation where
// what is captured fits a pointer, as in `[this] { OnTimeout(); }`.
//
// Neither copied nor moved: it is embedded in what makes the call, of which connections have many.
#pragma once

#include <concepts>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace weir {

class Callback {
 public:
  Callback(std::nullptr_t) {}  // To be never called.
  template <typename Call>
    requires(std::invocable<Call&> && !std::same_as<Call, Callback>)
  Callback(Call call) : operations_(&kOperations<Call>) {
    if constexpr (Fits<Call>()) {
      new (storage_) Call(std::move(call));
    } else {
      new (storage_) Call*(new Call(std::move(call)));
    }
  }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() {
    if (operations_ != nullptr) operations_->destroy(storage_);
  }

  void operator()() { operations_->call(storage_); }

 private:
  struct Operations {
    void (*call)(void* storage);
    void (*destroy)(void* storage);
  };

  template <typename Call>
  static constexpr bool Fits() {
    return sizeof(Call) <= sizeof(void*) && alignof(Call) <= alignof(void*);
  }
  template <typename Call>
  static Call& CallIn(void* storage) {
    if constexpr (Fits<Call>()) {
      return *std::launder(static_cast<Call*>(storage));
    } else {
      return **std::launder(static_cast<Call**>(storage));
    }
  }
  template <typename Call>
  static void Destroy(void* storage) {
    if constexpr (Fits<Call>()) {
      CallIn<Call>(storage).~Call();
    } else {
      delete &CallIn<Call>(storage);
    }
  }
  template <typename Call>
  static constexpr Operations kOperations = {
      [](void* storage) { CallIn<Call>(storage)(); },
      &Destroy<Call>,
  };

  alignas(void*) std::byte storage_[sizeof(void*)];
  const Operations* operations_ = nullptr;
};

}  // namespace weir
