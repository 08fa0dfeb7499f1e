#include "app/cli/terminal.hpp"

#include <array>
#include <poll.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace cachearr::app {

namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";  // another screen, no cursor
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";

void write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written <= 0) return;  // nobody looks any more
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Keys come one by one and are not shown. Ctrl-C stays a signal; Ctrl-Z would leave the screen as it is, so it is
/// none.
termios without_lines(termios settings) {
  settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  settings.c_cc[VSUSP] = _POSIX_VDISABLE;
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  return settings;
}

}  // namespace

Terminal::Terminal() {
  sigset_t mask;
  sigemptyset(&mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) sigaddset(&mask, number);
  ::sigprocmask(SIG_BLOCK, &mask, &mask_before_);
  signals_ = ::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  has_keys_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
  const auto settings = without_lines(before_);
  if (has_keys_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings);
  write_all(kEnter);
}

Terminal::~Terminal() {
  write_all(kLeave);
  if (has_keys_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  if (signals_ >= 0) ::close(signals_);
  ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

ScreenSize Terminal::size() const {
  winsize found{};
  ScreenSize size;
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0) return size;
  if (found.ws_row > 0) size.rows = found.ws_row;
  if (found.ws_col > 0) size.columns = found.ws_col;
  return size;
}

void Terminal::draw(const std::vector<std::string>& lines) const {
  std::string bytes = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) bytes.append(i == 0 ? "" : "\r\n").append(lines[i]).append("\x1b[K");
  write_all(bytes.append("\x1b[J"));
}

Terminal::Event Terminal::wait(Duration at_most) {
  std::array<pollfd, 2> watched{{{signals_, POLLIN, 0}, {has_keys_ ? STDIN_FILENO : -1, POLLIN, 0}}};
  if (::poll(watched.data(), watched.size(), static_cast<int>(at_most.count())) <= 0) return Event::none;
  if (watched[0].revents != 0) return read_signal();
  return watched[1].revents != 0 ? read_key() : Event::none;
}

Terminal::Event Terminal::read_key() {
  char key = 0;
  if (::read(STDIN_FILENO, &key, 1) <= 0) return Event::quit;
  return key == 'q' || key == 'Q' ? Event::quit : Event::resized;  // any other key asks for a fresh look
}

Terminal::Event Terminal::read_signal() const {
  signalfd_siginfo signal{};
  if (::read(signals_, &signal, sizeof signal) != sizeof signal) return Event::none;
  return signal.ssi_signo == SIGWINCH ? Event::resized : Event::quit;
}

}  // namespace cachearr::app
