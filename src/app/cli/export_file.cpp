#include "app/cli/export_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cachearr::app {

ExportFile::ExportFile(const std::string& file) : file_{file}, part_{file + ".part"} {
  ::unlink(part_.c_str());
  const int made = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (made >= 0) ::close(made);
  if (made >= 0) out_.open(part_, std::ios::binary);
}

ExportFile::~ExportFile() { ::unlink(part_.c_str()); }

bool ExportFile::finish() {
  out_.close();
  // An older file of that name is not replaced. Not every file system has links.
  return out_ &&
         (::link(part_.c_str(), file_.c_str()) == 0 ||
          (errno != EEXIST && ::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, file_.c_str(), RENAME_NOREPLACE) == 0));
}

}  // namespace cachearr::app
