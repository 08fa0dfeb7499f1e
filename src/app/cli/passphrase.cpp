#include "app/cli/passphrase.hpp"

#include <fcntl.h>
#include <fstream>
#include <string_view>
#include <termios.h>
#include <unistd.h>

namespace cachearr::app {
namespace {

/// The terminal of this process, which shows nothing of what is typed while this lives.
class SilentTerminal {
 public:
  SilentTerminal() : file_{::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)} {
    if (file_ < 0 || ::tcgetattr(file_, &before_) != 0) return;
    auto silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    works_ = ::tcsetattr(file_, TCSAFLUSH, &silent) == 0;
  }
  ~SilentTerminal() {
    if (works_) ::tcsetattr(file_, TCSAFLUSH, &before_);
    if (file_ >= 0) ::close(file_);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  bool works() const noexcept { return works_; }
  std::string ask(std::string_view question) const {
    std::string line;
    char c = 0;
    bool shown = ::write(file_, question.data(), question.size()) >= 0;
    while (::read(file_, &c, 1) == 1 && c != '\n') line += c;
    shown = ::write(file_, "\n", 1) == 1 && shown;
    return shown ? line : std::string{};
  }

 private:
  int file_;
  termios before_{};
  bool works_ = false;
};

}  // namespace

Result<std::string> read_passphrase(const std::string& file, bool twice) {
  std::string passphrase;
  if (!file.empty()) {
    std::ifstream in{file};
    if (!in) return Error{"the passphrase's file " + file + " cannot be read"};
    std::getline(in, passphrase);
  } else {
    const SilentTerminal terminal;
    if (!terminal.works())
      return Error{"there is no terminal to ask for the passphrase: name a file by --passphrase-file"};
    passphrase = terminal.ask("Passphrase of the authority: ");
    if (twice && terminal.ask("Again: ") != passphrase) return Error{"these were two different passphrases"};
  }
  while (!passphrase.empty() && (passphrase.back() == '\r' || passphrase.back() == '\n')) passphrase.pop_back();
  if (passphrase.empty()) return Error{"the passphrase is empty"};
  return passphrase;
}

}  // namespace cachearr::app
