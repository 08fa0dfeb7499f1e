// Read transactions of one LMDB environment, used again and again: a new one takes a lock that processes share, a slot
// and two allocations. Thread-safe; owned by the file.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>

struct MDB_env;
struct MDB_txn;

namespace cachearr::store {

class ReadTransactions {
 public:
  /// LMDB's codes. What it gives sees the newest commit, and is given back by end() on any thread.
  int begin(MDB_env* env, MDB_txn*& txn) noexcept;
  void end(MDB_txn* txn) noexcept;
  /// REQUIRES: the environment is open and no transaction is under way.
  void clear() noexcept;

 private:
  MDB_txn* take() noexcept;

  static constexpr std::size_t kMost = 8;
  std::mutex mutex_;  // guards the rest
  std::array<MDB_txn*, kMost> free_{};
  std::size_t count_ = 0;
};

}  // namespace cachearr::store
