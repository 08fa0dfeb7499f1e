// The file that an export is written to. Main thread.
#pragma once

#include <fstream>
#include <string>

namespace cachearr::app {

/// A new file that nobody else may read; it bears its name once it is whole.
class ExportFile {
 public:
  explicit ExportFile(const std::string& file);
  ~ExportFile();
  ExportFile(const ExportFile&) = delete;
  ExportFile& operator=(const ExportFile&) = delete;

  std::ofstream& out() { return out_; }
  /// False where it could not be written, or one of that name came meanwhile.
  bool finish();

 private:
  const std::string file_, part_;
  std::ofstream out_;
};

}  // namespace cachearr::app
