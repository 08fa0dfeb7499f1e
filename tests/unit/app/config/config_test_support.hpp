// A machine of one's own for tests of the configuration: a temporary folder, files in it, an environment of a few
// words. Owned by each test; one thread.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <string>

#include "app/config/load_config.hpp"

namespace cachearr::app {

class Machine {
 public:
  Machine() {
    auto pattern = (std::filesystem::temp_directory_path() / "cachearr-config-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    sources_.default_file = path("etc.json");
    sources_.environment["HOME"] = path("home");
  }
  ~Machine() { std::filesystem::remove_all(folder_); }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path{path(name)}.parent_path());
    std::ofstream{path(name), std::ios::binary} << text;
    return path(name);
  }
  Machine& with_file(const std::string& text) {
    sources_.file = write("cachearr.json", text);
    return *this;
  }
  Machine& with(const std::string& variable, const std::string& value) {
    sources_.environment[variable] = value;
    return *this;
  }
  ConfigSources& sources() { return sources_; }

  std::optional<Config> load() {
    problems_.clear();
    return load_config(sources_, problems_);
  }
  /// Every problem on its own line, with the folder of the test left out.
  std::string errors() {
    load();
    std::string all;
    for (const auto& problem : problems_) all += to_string(problem) + "\n";
    for (auto at = all.find(folder_ + "/"); at != std::string::npos; at = all.find(folder_ + "/")) {
      all.erase(at, folder_.size() + 1);
    }
    return all;
  }
  const Problems& problems() const { return problems_; }

 private:
  std::string folder_;
  ConfigSources sources_;
  Problems problems_;
};

}  // namespace cachearr::app
