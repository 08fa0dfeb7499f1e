#include "base/log_sink.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <utility>

#include "base/log_writer.hpp"

namespace cachearr::log {

namespace {

class PatientSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit PatientSink(const Patience& patience) : patience_{patience} {
    // The lines come as they are to stand.
    set_formatter_(std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, ""));
  }
  std::uint64_t take_unwritten() noexcept { return std::exchange(unwritten_, 0); }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    unwritten_ += count_lines(write_all({text.data(), text.size()}, patience_));
  }
  void flush_() override {}

  const Patience& patience_;
  std::uint64_t unwritten_ = 0;
};

}  // namespace

struct LineSink::Impl {
  explicit Impl(const Patience& patience) : sink{std::make_shared<PatientSink>(patience)}, logger{"cachearr", sink} {}
  std::shared_ptr<PatientSink> sink;
  spdlog::logger logger;
};

LineSink::LineSink(const Patience& patience) : impl_{std::make_unique<Impl>(patience)} {}
LineSink::~LineSink() = default;

std::uint64_t LineSink::write(std::string_view lines) {
  // What is logged here has passed the level already.
  impl_->logger.log(spdlog::level::critical, spdlog::string_view_t{lines.data(), lines.size()});
  return impl_->sink->take_unwritten();
}

}  // namespace cachearr::log
