// One pass over a body that may be made in steps: whoever reads on a loop that serves others lets them go in between.
#pragma once

#include <cstddef>

namespace cachearr::content {

template <class Read>
class Pass {
 public:
  Pass() = default;
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;
  virtual ~Pass() = default;

  /// Reads about `bytes` further, a token that is begun to its end. True: there is more.
  virtual bool advance(std::size_t bytes) = 0;
  /// REQUIRES: advance() gave false. Once.
  virtual Read end() = 0;
};

}  // namespace cachearr::content
