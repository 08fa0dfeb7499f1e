// A terminal that is drawn on as a whole: another screen while it lives, keys without Enter, and signals as events, so
// that however the program ends the terminal is as it was.
//
// Main thread only, before there are others: it blocks SIGINT, SIGTERM, SIGHUP and SIGWINCH while it lives.
#pragma once

#include <csignal>
#include <cstddef>
#include <string>
#include <termios.h>
#include <vector>

#include <cachearr/clock.hpp>

namespace cachearr::app {

struct ScreenSize {
  std::size_t rows = 24, columns = 80;
};

class Terminal {
 public:
  /// REQUIRES: standard output is a terminal.
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  ScreenSize size() const;
  /// From the upper left corner on; what does not fit must have been left out.
  void draw(const std::vector<std::string>& lines) const;

  enum class Event : std::uint8_t {
    none,     // the time is over
    resized,  // draw again
    quit      // q, Ctrl-C, a signal, or nobody is left to press a key
  };
  Event wait(Duration at_most);

 private:
  Event read_key();
  Event read_signal() const;

  termios before_{};
  sigset_t mask_before_{};
  bool has_keys_ = false;  // standard input is a terminal, too
  int signals_ = -1;
};

}  // namespace cachearr::app
