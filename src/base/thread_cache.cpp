// Replaces operator new and delete ([new.delete.single]): each thread keeps blocks that it has freed for those that it
// asks for next. A request to an upstream takes some sixty blocks of up to two kilobytes and gives them all back;
// glibc keeps seven of each size for a thread, none above a kilobyte, and looks for all others in its bins, where
// stored answers have taken the gaps meanwhile.
//
// Not part of builds with a sanitizer, which has an operator new of its own.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

constexpr std::size_t kStep = 16;
constexpr std::size_t kOdd = 8;  // glibc's blocks hold a multiple of the step and this
constexpr std::size_t kLargest = 2048 + kOdd;
constexpr std::size_t kClasses = (kLargest - kOdd) / kStep + 1;  // the first is not used
constexpr std::uint8_t kMostOfAClass = 64;
constexpr std::size_t kMostBytes = std::size_t{2} * 1024 * 1024;

struct Free {
  Free* next;
};

enum class State : std::uint8_t { unused, open, closed };

/// Needs no destructor, so that reaching it costs no check.
struct Cache {
  std::array<Free*, kClasses> first{};
  std::array<std::uint8_t, kClasses> count{};
  std::size_t bytes = 0;
  State state = State::unused;
};

constinit thread_local Cache cache;

constexpr std::size_t size_of(std::size_t size_class) noexcept { return size_class * kStep + kOdd; }
/// The least class whose blocks hold so many bytes.
constexpr std::size_t class_for(std::size_t bytes) noexcept {
  return bytes <= kStep + kOdd ? 1 : (bytes - kOdd + kStep - 1) / kStep;
}
/// The greatest class whose blocks hold no more.
constexpr std::size_t class_of_block(std::size_t bytes) noexcept { return (bytes - kOdd) / kStep; }

void* take(std::size_t size_class) noexcept {
  auto* const block = cache.first[size_class];
  if (!block) return nullptr;
  cache.first[size_class] = block->next;
  --cache.count[size_class];
  cache.bytes -= size_of(size_class);
  return block;
}

/// The thread ends: what its other destructors free after this goes to malloc at once.
struct AtEnd {
  ~AtEnd() {
    cache.state = State::closed;
    for (std::size_t size_class = 1; size_class < kClasses; ++size_class)
      while (void* const block = take(size_class)) std::free(block);
  }
};

void open() noexcept {
  static thread_local const AtEnd at_end;
  static_cast<void>(&at_end);
  cache.state = State::open;
}

/// REQUIRES: the block holds what the class holds.
bool keep(void* block, std::size_t size_class) noexcept {
  if (size_class >= kClasses || cache.count[size_class] == kMostOfAClass) return false;
  if (cache.bytes + size_of(size_class) > kMostBytes || cache.state == State::closed) return false;
  if (cache.state == State::unused) open();
  cache.first[size_class] = ::new (block) Free{cache.first[size_class]};
  ++cache.count[size_class];
  cache.bytes += size_of(size_class);
  return true;
}

void* allocate(std::size_t bytes) {
  for (;;) {
    if (void* const block = std::malloc(bytes)) return block;
    const auto handler = std::get_new_handler();
    if (!handler) throw std::bad_alloc{};
    handler();
  }
}

}  // namespace

void* operator new(std::size_t bytes) {
  if (bytes > kLargest) return allocate(bytes);
  const auto size_class = class_for(bytes);
  if (void* const block = take(size_class)) return block;
  return allocate(size_of(size_class));
}

void operator delete(void* block) noexcept {
  if (block && !keep(block, class_of_block(malloc_usable_size(block)))) std::free(block);
}

/// A block of so many bytes came from the class for them, or from malloc with as much room.
void operator delete(void* block, std::size_t bytes) noexcept {
  if (block && !keep(block, class_for(bytes))) std::free(block);
}
