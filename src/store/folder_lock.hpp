// One process for one store: an advisory lock on the store's folder. It ends with the process, however that ends.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"

namespace cachearr::store {

class FolderLock {
 public:
  /// Error: another process holds it (`held_elsewhere` with its process id). Null: the folder cannot be
  /// written to, so that no process can hold it.
  static Result<std::unique_ptr<FolderLock>> take(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  /// In a child process: releases the inherited lock without unlocking the parent's.
  void forget() noexcept;

 private:
  explicit FolderLock(int file) : file_{file} {}
  int file_;
};

}  // namespace cachearr::store
