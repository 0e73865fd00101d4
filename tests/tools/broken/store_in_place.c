/* A store of files that writes each one under its final name, so that a crash leaves half of it. */
#define _GNU_SOURCE
#include <jetcapture/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const jetcapture_option root = {
    sizeof(jetcapture_option), JETCAPTURE_OPTION_PATH, JETCAPTURE_OPTION_REQUIRED, 0, "root", NULL, NULL, "folder"};
static const jetcapture_option *const options[] = {&root, NULL};

typedef struct {
  const jetcapture_host *host;
  char root[PATH_MAX];
} store;

static jetcapture_status create(const jetcapture_create_args *args, void **self) {
  store *made = calloc(1, sizeof *made);
  made->host = args->host;
  snprintf(made->root, sizeof made->root, "%s", jetcapture_get(args, "root")->text.data);
  *self = made;
  return JETCAPTURE_OK;
}

static void path_of(const store *me, jetcapture_text name, char *path) {
  snprintf(path, PATH_MAX, "%s/%.*s", me->root, (int)name.size, name.data);
}

static jetcapture_status put(void *self, const jetcapture_object *given, jetcapture_result *result) {
  store *me = self;
  (void)result;
  char path[PATH_MAX];
  path_of(me, given->name, path);
  for (char *slash = path + strlen(me->root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
    *slash = '\0';
    mkdir(path, 0777);
    *slash = '/';
  }
  const int file = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
  if (file < 0)
    return jetcapture_fail(me->host, JETCAPTURE_RETRY, strerror(errno));
  char buffer[4096];
  uint64_t size = 0;
  while (size < given->bytes) {
    const int64_t got = given->read(given, size, buffer, sizeof buffer);
    if (got <= 0 || write(file, buffer, (size_t)got) != got)
      break;
    size += (uint64_t)got;
  }
  close(file);
  if (size == given->bytes)
    return JETCAPTURE_OK;
  unlink(path);
  return jetcapture_fail(me->host, JETCAPTURE_RETRY, "it can't be read");
}

static jetcapture_status stat_object(void *self, jetcapture_text name, jetcapture_object_status *status) {
  char path[PATH_MAX];
  path_of(self, name, path);
  struct stat file;
  status->exists = stat(path, &file) == 0;
  status->bytes = status->exists ? (uint64_t)file.st_size : 0;
  status->hash_source = JETCAPTURE_HASH_NONE;
  return JETCAPTURE_OK;
}

static const jetcapture_about about = {sizeof(jetcapture_about), 0, "broken", "1.0.0", "a broken store", options};

JETCAPTURE_STORE(broken) = {
    sizeof(jetcapture_store), 0, &about, create, put, free, stat_object, NULL, NULL, NULL, NULL};
