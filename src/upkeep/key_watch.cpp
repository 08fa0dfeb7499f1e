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

std::shared_ptr<const KeyLists> KeyWatch::made() const {
  const std::lock_guard lock{mutex_};
  return lists_;
}

std::shared_ptr<const KeyLists> KeyWatch::lists() {
  const std::lock_guard pass{pass_};
  auto before = made();
  if (before && clock_.now() < before->at + std::max(kSeldom, before->took * kShareOfTime)) return before;
  auto now = std::make_shared<const KeyLists>(look());
  const std::lock_guard lock{mutex_};
  lists_ = now;
  return now;
}

std::shared_ptr<const KeyLists> KeyWatch::latest_lists() {
  asked_ = true;
  auto latest = made();
  return latest && latest->took > quick_ ? latest : lists();
}

void KeyWatch::tick() {
  if (asked_.exchange(false)) lists();
}

}  // namespace cachearr::upkeep
