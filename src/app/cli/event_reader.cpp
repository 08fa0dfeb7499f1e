#include "app/cli/event_reader.hpp"

#include <algorithm>

namespace cachearr::app {

void EventReader::start_again() {
  line_.clear();
  event_ = {};
  has_data_ = false;
  id_ = last_id_;
}

void EventReader::take_line(std::string_view line, const std::function<void(const StreamEvent&)>& each) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) {
    last_id_ = id_;
    if (has_data_) each(event_);
    event_ = {};
    has_data_ = false;
    return;
  }
  const auto colon = std::min(line.size(), line.find(':'));
  const auto name = line.substr(0, colon);
  auto value = line.substr(std::min(line.size(), colon + 1));
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "event") event_.name = value;
  if (name == "id") id_ = value;
  if (name != "data") return;
  if (has_data_) event_.data += '\n';
  event_.data += value;
  has_data_ = true;
}

void EventReader::read(std::string_view bytes, const std::function<void(const StreamEvent&)>& each) {
  for (;;) {
    const auto end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    if (end == std::string_view::npos) return;
    take_line(line_, each);
    line_.clear();
    bytes.remove_prefix(end + 1);
  }
}

}  // namespace cachearr::app
