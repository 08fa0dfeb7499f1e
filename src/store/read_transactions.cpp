#include "store/read_transactions.hpp"

#include <lmdb.h>

namespace cachearr::store {

int ReadTransactions::begin(MDB_env* env, MDB_txn*& txn) noexcept {
  txn = take();
  if (txn != nullptr) {
    if (mdb_txn_renew(txn) == 0) return 0;
    mdb_txn_abort(txn);
  }
  return mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
}

void ReadTransactions::end(MDB_txn* txn) noexcept {
  mdb_txn_reset(txn);  // it keeps its slot, but no pages
  {
    const std::lock_guard lock{mutex_};
    if (count_ < kMost) {
      free_[count_++] = txn;
      return;
    }
  }
  mdb_txn_abort(txn);
}

void ReadTransactions::clear() noexcept {
  while (MDB_txn* txn = take()) mdb_txn_abort(txn);
}

MDB_txn* ReadTransactions::take() noexcept {
  const std::lock_guard lock{mutex_};
  return count_ == 0 ? nullptr : free_[--count_];
}

}  // namespace cachearr::store
