// Shared ownership within one thread: the count lies in the object and is a plain number, so that
// taking a reference on the request path costs no locked instruction, as std::shared_ptr's would.
//
//   class Host : public LocalCounted<Host> { ... };
//   LocalRef<Host> host = MakeLocal<Host>(address);
//
// All references to one object live on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace weir {

template <typename T>
class LocalRef;

// What a counted object derives from. It is destroyed, as a T, by its last reference.
template <typename T>
class LocalCounted {
 protected:
  LocalCounted() = default;
  ~LocalCounted() = default;

 private:
  friend class LocalRef<T>;
  uint32_t references_ = 0;
};

// A reference, or null.
template <typename T>
class LocalRef {
 public:
  LocalRef() = default;
  LocalRef(std::nullptr_t) {}  // NOLINT(google-explicit-constructor)
  explicit LocalRef(T* object) : object_(object) { Take(); }
  LocalRef(const LocalRef& other) : object_(other.object_) { Take(); }
  LocalRef(LocalRef&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  LocalRef& operator=(LocalRef other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~LocalRef() {
    if (object_ != nullptr && --Count() == 0) delete object_;
  }

  T* get() const { return object_; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }
  void reset() { *this = LocalRef(); }

  friend bool operator==(const LocalRef& a, const LocalRef& b) { return a.object_ == b.object_; }
  friend bool operator==(const LocalRef& a, std::nullptr_t) { return a.object_ == nullptr; }

 private:
  uint32_t& Count() const { return static_cast<LocalCounted<T>*>(object_)->references_; }
  void Take() const {
    if (object_ != nullptr) ++Count();
  }

  T* object_ = nullptr;
};

template <typename T, typename... Args>
LocalRef<T> MakeLocal(Args&&... args) {
  return LocalRef<T>(new T(std::forward<Args>(args)...));
}

}  // namespace weir
