// Server-Sent Events out of the bytes of a stream, in whatever pieces they come. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace cachearr::app {

struct StreamEvent {
  std::string name = "message";
  std::string data;  // lines of it are joined by '\n'
};

class EventReader {
 public:
  /// Calls `each` for every event that is complete with these bytes.
  void read(std::string_view bytes, const std::function<void(const StreamEvent&)>& each);
  /// The id of the last event that was complete; empty: none had one.
  const std::string& last_id() const noexcept { return last_id_; }
  /// The stream broke off: what had begun is no event.
  void start_again();

 private:
  void take_line(std::string_view line, const std::function<void(const StreamEvent&)>& each);

  std::string line_;
  StreamEvent event_;
  bool has_data_ = false;
  std::string id_, last_id_;
};

}  // namespace cachearr::app
