#include "upkeep/key_watch.hpp"

#include <algorithm>
#include <chrono>

namespace cachearr::upkeep {

namespace {
constexpr int kShareOfTime = 100;
}

KeyLists KeyWatch::look() const {
  using Steady = std::chrono::steady_clock;
  const auto began = Steady::now();
  const auto snapshot = current_();
  KeyPicker picker{clock_.now(), *snapshot->rules};
  store_.for_each_key([&](const store::KeyView& view) {
    picker.offer(view);
    return true;
  });
  auto lists = picker.finish();
  lists.took = std::chrono::ceil<Duration>(Steady::now() - began);
  return lists;
}

std::shared_ptr<const KeyLists> KeyWatch::lists() {
  const std::lock_guard lock{mutex_};
  const bool due = !lists_ || clock_.now() >= lists_->at + std::max(kSeldom, lists_->took * kShareOfTime);
  if (due) lists_ = std::make_shared<const KeyLists>(look());
  return lists_;
}

}  // namespace cachearr::upkeep
