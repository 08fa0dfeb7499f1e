// A folder of its own beside what is to be replaced, where an import lays everything out before anything is touched.
// Gone with its scope, with all that is still in it. What a killed program leaves goes later: a lock on the folder,
// which ends with the process, tells whether it is in use, and a note in it names the journal that may still need it.
#pragma once

#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cachearr::app::backup {

class Staging {
 public:
  /// In `folder`, or where that is missing in the nearest one above it, which has the same file system.
  static Result<std::unique_ptr<Staging>> in(const std::string& folder);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  const std::string& path() const noexcept { return path_; }
  /// Where it lies.
  const std::string& around() const noexcept { return folder_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string{name}; }
  /// A new file (mode 0600) of that relative path, with the folders above it.
  std::ofstream new_file(const std::string& relative) const;
  void make_folder(const std::string& relative) const;
  /// Root gives all of it to whom the folder around it belongs, as that is whom the service runs as.
  void give_to_owner() const;
  /// What takes the place of something gets its rights, and from root its owner. Where nothing was, nobody else may
  /// read it, and root gives it to whom `of_service` (a state directory) belongs: the service runs as that one. Before
  /// it is known who that will be, all may read it.
  void take_rights_of(const std::string& relative, const std::string& replaced, const std::string& of_service) const;
  /// It stays after a kill for as long as this journal is there. False: that cannot be noted.
  bool keep_for(const std::string& journal) const;

 private:
  Staging(std::string folder, std::string path, int lock)
      : folder_{std::move(folder)}, path_{std::move(path)}, lock_{lock} {}
  std::string folder_, path_;
  int lock_;
};

/// Removes from `folder` what killed programs have left there.
void remove_abandoned(const std::string& folder);

}  // namespace cachearr::app::backup
