#include "store/queue_list.hpp"

namespace cachearr::store {

void QueueList::push_newest(const Entry* entry) noexcept {
  entry->older_ = newest_;
  entry->newer_ = nullptr;
  (newest_ == nullptr ? oldest_ : newest_->newer_) = entry;
  newest_ = entry;
  bytes_ += entry->footprint();
  ++size_;
}

void QueueList::unlink(const Entry* entry) noexcept {
  (entry->older_ == nullptr ? oldest_ : entry->older_->newer_) = entry->newer_;
  (entry->newer_ == nullptr ? newest_ : entry->newer_->older_) = entry->older_;
  bytes_ -= entry->footprint();
  --size_;
}

void DeferredFree::add(const Entry* entry) noexcept {
  // Still claimed while it is linked here, so that nobody else uses its links.
  entry->place_.store(Entry::Place::claimed, std::memory_order_relaxed);
  entry->older_ = last_;
  last_ = entry;
}

void DeferredFree::clear() noexcept {
  while (last_ != nullptr) {
    const auto entry = EntryPtr::adopt(last_);
    last_ = entry->older_;
    entry->place_.store(Entry::Place::none, std::memory_order_release);
  }
}

}  // namespace cachearr::store
