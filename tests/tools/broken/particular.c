/* A writer that takes records with a column id only, and counts rows though it can't take one back. */
#include <jetcapture/plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const jetcapture_host *host;
  jetcapture_out *out;
  unsigned rows;
} block;

static const jetcapture_host *host;

static jetcapture_status create(const jetcapture_create_args *args, void **self) {
  host = args->host;
  *self = malloc(1);
  return JETCAPTURE_OK;
}

static jetcapture_status open_block(void *self, const jetcapture_block_info *info, jetcapture_out *out, void **made) {
  block *b = calloc(1, sizeof *b);
  (void)self;
  (void)info;
  b->host = host;
  b->out = out;
  *made = b;
  return JETCAPTURE_OK;
}

static jetcapture_status write_row(void *made, const void *payload) {
  block *b = made;
  const jetcapture_record *record = payload;
  for (uint32_t i = 0; i < record->schema->column_count; i++) {
    const jetcapture_text name = record->schema->columns[i]->name;
    if (name.size == 2 && memcmp(name.data, "id", 2) == 0) {
      b->rows++;
      return jetcapture_put(b->out, "row\n", 4);
    }
  }
  return jetcapture_fail(b->host, JETCAPTURE_BAD_DATA, "the record has no column id");
}

static jetcapture_status finish(void *made) {
  block *b = made;
  char end[16];
  snprintf(end, sizeof end, "%u rows\n", b->rows);
  return jetcapture_put(b->out, end, strlen(end));
}

static const jetcapture_about about = {sizeof(jetcapture_about), 0, "particular", "1.0.0", "rows with an id", NULL};
static const char *const accepts[] = {JETCAPTURE_PAYLOAD_RECORD, NULL};

JETCAPTURE_WRITER(particular) = {sizeof(jetcapture_writer),
                                 0,
                                 &about,
                                 accepts,
                                 ".txt",
                                 "text/plain",
                                 create,
                                 open_block,
                                 write_row,
                                 finish,
                                 free,
                                 free,
                                 NULL,
                                 NULL,
                                 NULL,
                                 NULL};
