/* A store that keeps objects in memory, with the one defect that the build names: -DDEFECT_… */
#define _GNU_SOURCE
#include <jetcapture/plugin.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct object {
  struct object *next;
  char *name;
  char *bytes;
  uint64_t size;
} object;

typedef struct {
  const jetcapture_host *host;
  pthread_mutex_t mutex;
  object *first;
} store;

static atomic_int busy;

static jetcapture_status create(const jetcapture_create_args *args, void **self) {
  store *made = calloc(1, sizeof *made);
  made->host = args->host;
  pthread_mutex_init(&made->mutex, NULL);
  (void)busy;
  *self = made;
  return JETCAPTURE_OK;
}

static char *copy_name(jetcapture_text name) {
  char *copy = strndup(name.data, name.size);
#ifdef DEFECT_store_names
  for (char *c = copy; *c != '\0'; c++)
    if (*c == ' ')
      *c = '_';
#endif
  return copy;
}

/* The link that leads to the object of that name, or to the end. */
static object **find(store *me, const char *name) {
  object **link = &me->first;
  while (*link != NULL && strcmp((*link)->name, name) != 0)
    link = &(*link)->next;
  return link;
}

static void drop(object *one) {
  free(one->name);
  free(one->bytes);
  free(one);
}

static jetcapture_status put(void *self, const jetcapture_object *given, jetcapture_result *result) {
  store *me = self;
  (void)result;
#ifdef DEFECT_store_cancelled
  if (me->host->cancelled(me->host))
    return jetcapture_fail(me->host, JETCAPTURE_FATAL, "cancelled");
#endif
#ifdef DEFECT_store_empty
  if (given->bytes == 0)
    return jetcapture_fail(me->host, JETCAPTURE_RETRY, "there is nothing to put");
#endif
#ifdef DEFECT_store_at_once
  if (atomic_fetch_add(&busy, 1) > 0) {
    atomic_fetch_sub(&busy, 1);
    return jetcapture_fail(me->host, JETCAPTURE_RETRY, "someone else is at work");
  }
  usleep(1000);
  atomic_fetch_sub(&busy, 1);
#endif
#ifdef DEFECT_store_source
  if (given->descriptor >= 0)
    lseek(given->descriptor, 10, SEEK_SET);
#endif
  char *bytes = malloc(given->bytes + 1);
  uint64_t size = 0;
  while (size < given->bytes) {
    const int64_t got = given->read(given, size, bytes + size, given->bytes - size);
    if (got < 0) {
      free(bytes);
#ifdef DEFECT_store_unreadable
      return jetcapture_fail(me->host, JETCAPTURE_FATAL, "it can't be read");
#elif defined DEFECT_store_sentence
      return JETCAPTURE_RETRY;
#else
      return jetcapture_fail(me->host, JETCAPTURE_RETRY, "it can't be read");
#endif
    }
    if (got == 0)
      break;
    size += (uint64_t)got;
  }
#ifndef DEFECT_store_short
  if (size < given->bytes) {
    free(bytes);
    return jetcapture_fail(me->host, JETCAPTURE_RETRY, "it is shorter than it says");
  }
#endif
#ifdef DEFECT_store_put
  if (size > 0)
    bytes[size - 1] ^= 1;
#endif
  object *made = malloc(sizeof *made);
  made->name = copy_name(given->name);
  made->bytes = bytes;
  made->size = size;
  pthread_mutex_lock(&me->mutex);
#ifndef DEFECT_store_create
  if ((given->flags & JETCAPTURE_CREATE_ONLY) != 0 && *find(me, made->name) != NULL) {
    pthread_mutex_unlock(&me->mutex);
    drop(made);
    return jetcapture_fail(me->host, JETCAPTURE_EXISTS, "it is there");
  }
#endif
#ifdef DEFECT_store_twice
  made->next = me->first;
  me->first = made;
#else
  object **link = find(me, made->name);
  object *old = *link;
  made->next = old == NULL ? NULL : old->next;
  *link = made;
  if (old != NULL)
    drop(old);
#endif
  pthread_mutex_unlock(&me->mutex);
  return JETCAPTURE_OK;
}

static jetcapture_status stat_object(void *self, jetcapture_text name, jetcapture_object_status *status) {
  store *me = self;
  char *wanted = copy_name(name);
  pthread_mutex_lock(&me->mutex);
  const object *found = *find(me, wanted);
  status->exists = found != NULL;
  status->bytes = found == NULL ? 0 : found->size;
  status->hash_source = JETCAPTURE_HASH_NONE;
  pthread_mutex_unlock(&me->mutex);
  free(wanted);
#ifdef DEFECT_store_stat
  if (!status->exists)
    return jetcapture_fail(me->host, JETCAPTURE_RETRY, "it is not there");
#endif
  return JETCAPTURE_OK;
}

static jetcapture_status get(void *self, jetcapture_text name, uint64_t offset, uint64_t count,
                             const jetcapture_visitor *visitor) {
  store *me = self;
  char *wanted = copy_name(name);
  pthread_mutex_lock(&me->mutex);
  const object *found = *find(me, wanted);
  jetcapture_status status = JETCAPTURE_OK;
#ifdef DEFECT_store_range
  offset = 0;
  count = UINT64_MAX;
#endif
  if (found != NULL && offset < found->size) {
    const uint64_t rest = found->size - offset;
    const jetcapture_text bytes = {found->bytes + offset, rest < count ? rest : count};
    status = visitor->bytes(visitor, bytes);
  }
  pthread_mutex_unlock(&me->mutex);
  free(wanted);
  return found != NULL ? status : jetcapture_fail(me->host, JETCAPTURE_NOT_FOUND, "it is not there");
}

static int compare(jetcapture_text one, jetcapture_text other) {
  const int order = memcmp(one.data, other.data, one.size < other.size ? one.size : other.size);
  return order != 0 ? order : (one.size > other.size) - (one.size < other.size);
}

/* The object with the first of the names that begin with prefix and are greater than after. */
static const object *next(const store *me, jetcapture_text prefix, jetcapture_text after) {
  const object *first = NULL;
  for (const object *one = me->first; one != NULL; one = one->next) {
    const jetcapture_text name = jetcapture_text_of(one->name);
    if (name.size >= prefix.size && memcmp(name.data, prefix.data, prefix.size) == 0 && compare(name, after) > 0 &&
        (first == NULL || compare(name, jetcapture_text_of(first->name)) < 0))
      first = one;
  }
  return first;
}

static jetcapture_status list(void *self, jetcapture_text prefix, jetcapture_text after, uint64_t limit,
                              const jetcapture_visitor *visitor) {
  store *me = self;
  jetcapture_status status = JETCAPTURE_OK;
  pthread_mutex_lock(&me->mutex);
#ifdef DEFECT_store_list
  (void)prefix, (void)after, (void)limit, (void)next;
  for (const object *one = me->first; one != NULL && status == JETCAPTURE_OK; one = one->next)
    status = visitor->name(visitor, jetcapture_text_of(one->name), one->size);
#else
  const object *one = next(me, prefix, after);
  for (uint64_t names = 0; one != NULL && status == JETCAPTURE_OK && (limit == 0 || names < limit); names++) {
    status = visitor->name(visitor, jetcapture_text_of(one->name), one->size);
#ifdef DEFECT_store_twice
    for (const object *other = me->first; other != NULL; other = other->next)
      if (other != one && strcmp(other->name, one->name) == 0)
        visitor->name(visitor, jetcapture_text_of(other->name), other->size);
#endif
    one = next(me, prefix, jetcapture_text_of(one->name));
  }
#endif
  pthread_mutex_unlock(&me->mutex);
  return status;
}

static jetcapture_status remove_object(void *self, jetcapture_text name) {
#ifdef DEFECT_store_remove
  (void)self;
  (void)name;
#else
  store *me = self;
  char *wanted = copy_name(name);
  pthread_mutex_lock(&me->mutex);
  object **link = find(me, wanted);
  if (*link != NULL) {
    object *gone = *link;
    *link = gone->next;
    drop(gone);
  }
  pthread_mutex_unlock(&me->mutex);
  free(wanted);
#endif
  return JETCAPTURE_OK;
}

static void destroy(void *self) {
  store *me = self;
  while (me->first != NULL) {
    object *next = me->first->next;
    drop(me->first);
    me->first = next;
  }
  pthread_mutex_destroy(&me->mutex);
  free(me);
}

static const jetcapture_about about = {sizeof(jetcapture_about), 0, "broken", "1.0.0", "a broken store", NULL};

JETCAPTURE_STORE(broken) = {
    .size = sizeof(jetcapture_store),
    .flags = JETCAPTURE_STORE_CREATES,
    .about = &about,
    .create = create,
    .put = put,
    .destroy = destroy,
#ifndef DEFECT_store_provable
    .stat = stat_object,
    .get = get,
    .list = list,
    .remove = remove_object,
#endif
};
