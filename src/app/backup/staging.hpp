// A folder of its own beside what is to be replaced, where an import lays everything out before anything is touched.
// Gone with its scope, with all that is still in it.
#pragma once

#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cachearr::app::backup {

class Staging {
 public:
  /// In `folder`, which is made where it is missing.
  static Result<std::unique_ptr<Staging>> in(const std::string& folder);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  const std::string& path() const noexcept { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string{name}; }
  /// A new file (mode 0600) of that relative path, with the folders above it.
  std::ofstream new_file(const std::string& relative) const;
  void make_folder(const std::string& relative) const;
  /// Root gives all of it to whom the folder around it belongs, as that is whom the service runs as.
  void give_to_owner() const;
  /// A file gets the rights, and from root the owner, of the one that it takes the place of. Where root puts one where
  /// there was none, anybody may read it: the service runs as somebody else.
  void take_rights_of(const std::string& relative, const std::string& replaced) const;

 private:
  Staging(std::string folder, std::string path) : folder_{std::move(folder)}, path_{std::move(path)} {}
  std::string folder_, path_;
};

}  // namespace cachearr::app::backup
