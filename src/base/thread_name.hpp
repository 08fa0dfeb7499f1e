// What a thread is called in `top -H`, `ps -L` and core files: what takes the processor can be told apart. Any thread,
// for itself.
#pragma once

namespace cachearr {

/// Names the calling thread; the kernel keeps 15 characters.
void name_thread(const char* name) noexcept;

}  // namespace cachearr
