// Preloaded into a program under test: counts its heap allocations in the file that $MALLOC_COUNT_FILE names.
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

static atomic_ulong unused;
static atomic_ulong* counter = &unused;

__attribute__((constructor)) static void open_counter(void) {
  const char* name = getenv("MALLOC_COUNT_FILE");
  int file = name != NULL ? open(name, O_RDWR) : -1;
  if (file < 0) return;
  void* page = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) counter = page;
  close(file);
}

static void count(void) { atomic_fetch_add_explicit(counter, 1, memory_order_relaxed); }

void* malloc(size_t size) { return count(), __libc_malloc(size); }
void* calloc(size_t number, size_t size) { return count(), __libc_calloc(number, size); }
void* realloc(void* old, size_t size) { return count(), __libc_realloc(old, size); }
void* memalign(size_t alignment, size_t size) { return count(), __libc_memalign(alignment, size); }
void* aligned_alloc(size_t alignment, size_t size) { return count(), __libc_memalign(alignment, size); }

int posix_memalign(void** into, size_t alignment, size_t size) {
  count();
  void* memory = __libc_memalign(alignment, size);
  if (memory == NULL) return ENOMEM;
  *into = memory;
  return 0;
}
