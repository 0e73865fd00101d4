/* Preloaded into the host: from the JETCAPTURE_THREAD_FAILS-th call on, no thread can be started, as where a limit is
 * met. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  static atomic_int calls;
  const char *first = getenv("JETCAPTURE_THREAD_FAILS");
  if (first != NULL && atomic_fetch_add(&calls, 1) + 1 >= atoi(first))
    return EAGAIN;
  int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
  return create(thread, attributes, start, argument);
}
