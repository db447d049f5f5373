#include "source/upstream/pool_connection.h"

namespace weir::upstream {

void ConnectionList::PutFirst(PoolConnection& connection) {
  Remove(connection);
  connection.list_ = this;
  connection.previous_ = nullptr;
  connection.next_ = first_;
  (first_ == nullptr ? last_ : first_->previous_) = &connection;
  first_ = &connection;
  ++size_;
}

void ConnectionList::Remove(PoolConnection& connection) {
  ConnectionList* const list = connection.list_;
  if (list == nullptr) return;
  (connection.previous_ == nullptr ? list->first_ : connection.previous_->next_) = connection.next_;
  (connection.next_ == nullptr ? list->last_ : connection.next_->previous_) = connection.previous_;
  connection.previous_ = connection.next_ = nullptr;
  connection.list_ = nullptr;
  --list->size_;
}

}  // namespace weir::upstream
