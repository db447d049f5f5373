// A doubly linked list whose links lie in its elements: joining and leaving cost constant time,
// allocate nothing, and an element that is destroyed leaves by itself.
//
//   class Stream : public IntrusiveNode<> { ... };
//   IntrusiveList<Stream> active;
//   active.PushBack(stream);
//
// The list owns nothing. An element that is to be in several lists has a node for each, told apart
// by Tag. One thread.
#pragma once

#include <cstddef>
#include <utility>

#include "source/base/check.h"

namespace weir {

template <typename T, typename Tag>
class IntrusiveList;

template <typename Tag = void>
class IntrusiveNode {
 public:
  IntrusiveNode() = default;
  IntrusiveNode(const IntrusiveNode&) = delete;
  IntrusiveNode& operator=(const IntrusiveNode&) = delete;
  ~IntrusiveNode() { Unlink(); }

  bool linked() const { return next_ != nullptr; }
  // Leaves the list that it is in, if any.
  void Unlink() {
    if (!linked()) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = nullptr;
  }

 private:
  template <typename T, typename OtherTag>
  friend class IntrusiveList;
  IntrusiveNode* previous_ = nullptr;
  IntrusiveNode* next_ = nullptr;
};

template <typename T, typename Tag = void>
class IntrusiveList {
  using Node = IntrusiveNode<Tag>;

 public:
  IntrusiveList() { head_.previous_ = head_.next_ = &head_; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  // The elements live on, in no list.
  ~IntrusiveList() {
    Clear();
    head_.previous_ = head_.next_ = nullptr;
  }

  bool empty() const { return head_.next_ == &head_; }
  // Counts: for tests and pages of the admin server.
  size_t CountSlowly() const {
    size_t count = 0;
    for (const Node* node = head_.next_; node != &head_; node = node->next_) ++count;
    return count;
  }

  // `element` is in no list of this tag.
  void PushBack(T& element) { InsertBefore(head_, element); }
  void PushFront(T& element) { InsertBefore(*head_.next_, element); }
  // The list must not be empty.
  T& front() { return ElementOf(head_.next_); }
  T& back() { return ElementOf(head_.previous_); }
  // The first or last element, which leaves; null when there is none.
  T* PopFront() { return Pop(head_.next_); }
  T* PopBack() { return Pop(head_.previous_); }
  void Clear() {
    while (!empty()) head_.next_->Unlink();
  }

  class Iterator {
   public:
    explicit Iterator(Node* node) : node_(node) {}
    T& operator*() const { return ElementOf(node_); }
    T* operator->() const { return &ElementOf(node_); }
    Iterator& operator++() {
      node_ = node_->next_;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    Node* node_;
  };
  // The element at an iterator must not leave while the iterator is used.
  Iterator begin() { return Iterator(head_.next_); }
  Iterator end() { return Iterator(&head_); }

  // Visits those that are in the list now, each once. The visitor may remove or destroy any
  // element, this one among them; who is added meanwhile is not visited.
  template <typename Visit>
  void ForEachRemovable(Visit visit) {
    IntrusiveList waiting;
    waiting.TakeAll(*this);
    while (!waiting.empty()) {
      T& element = waiting.front();
      element.Node::Unlink();
      PushBack(element);
      visit(element);
    }
  }

  // Moves all of `other` to the back.
  void TakeAll(IntrusiveList& other) {
    if (other.empty()) return;
    Node& first = *other.head_.next_;
    Node& last = *other.head_.previous_;
    other.head_.previous_ = other.head_.next_ = &other.head_;
    first.previous_ = head_.previous_;
    head_.previous_->next_ = &first;
    last.next_ = &head_;
    head_.previous_ = &last;
  }

 private:
  static T& ElementOf(Node* node) { return *static_cast<T*>(node); }
  static void InsertBefore(Node& place, T& element) {
    Node& node = element;
    WEIR_CHECK(!node.linked(), "the element is in a list already");
    node.previous_ = place.previous_;
    node.next_ = &place;
    place.previous_->next_ = &node;
    place.previous_ = &node;
  }
  T* Pop(Node* node) {
    if (node == &head_) return nullptr;
    node->Unlink();
    return &ElementOf(node);
  }

  Node head_;
};

}  // namespace weir
