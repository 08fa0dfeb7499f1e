// A folder that lives as long as a test.
#pragma once

#include <filesystem>
#include <stdlib.h>
#include <string>

namespace cachearr::store::test {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "cachearr-store-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const noexcept { return path_; }
  std::string data() const { return path_ + "/data.mdb"; }

 private:
  std::string path_;
};

}  // namespace cachearr::store::test
