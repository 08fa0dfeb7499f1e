#include "base/thread_name.hpp"

#include <sys/prctl.h>

namespace cachearr {

void name_thread(const char* name) noexcept { ::prctl(PR_SET_NAME, name); }

}  // namespace cachearr
