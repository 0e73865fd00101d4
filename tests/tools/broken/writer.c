/* A writer of one line a payload, with the one defect that the build names: -DDEFECT_… */
#include <jetcapture/plugin.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct kept {
  struct kept *next;
  char bytes[];
} kept;

typedef struct {
  const jetcapture_host *host;
  jetcapture_out *out;
  unsigned rows;
  unsigned marked;
  unsigned flushed; /* of a writer of groups */
  int finished;
  kept *all;
  char scratch[1000];
} block;

static const jetcapture_host *host;
static atomic_uint calls;
static int first_row; /* of one block at a time */

static jetcapture_status create(const jetcapture_create_args *args, void **self) {
  host = args->host;
  *self = malloc(1);
  return JETCAPTURE_OK;
}

static jetcapture_status open_block(void *self, const jetcapture_block_info *info, jetcapture_out *out, void **made) {
  (void)self;
  (void)info;
  block *b = calloc(1, sizeof *b);
  b->host = host;
  b->out = out;
  first_row = 1;
  *made = b;
  return JETCAPTURE_OK;
}

#ifdef DEFECT_writer_rollback_groups
static jetcapture_status put_group(block *b) {
  jetcapture_status status = JETCAPTURE_OK;
  for (; b->flushed < b->rows && status == JETCAPTURE_OK; b->flushed++)
    status = jetcapture_put(b->out, "row row\n", 8);
  return status;
}
#endif

static jetcapture_status write_row(void *made, const void *payload) {
  block *b = made;
  const jetcapture_record *record = payload;
  (void)record;
  (void)calls;
#ifdef DEFECT_writer_rows
  if (record->values[4].kind == JETCAPTURE_NULL)
    return jetcapture_fail(b->host, JETCAPTURE_FATAL, "a null");
#endif
#ifdef DEFECT_writer_sentence
  if (record->values[4].kind == JETCAPTURE_NULL)
    return JETCAPTURE_BAD_DATA;
#endif
#ifdef DEFECT_writer_repeatable
  char row[16];
  snprintf(row, sizeof row, "%u\n", atomic_fetch_add(&calls, 1));
  b->rows++;
  return jetcapture_put(b->out, row, strlen(row));
#endif
#ifdef DEFECT_writer_interleaved
  if (!first_row && jetcapture_put(b->out, ",", 1) != JETCAPTURE_OK)
    return JETCAPTURE_FATAL;
  first_row = 0;
#endif
#ifdef DEFECT_writer_memory
  const jetcapture_text none = {NULL, 0};
  const jetcapture_text text = record->values[4].kind == JETCAPTURE_TEXT ? record->values[4].as.text : none;
  kept *copy = malloc(sizeof *copy + text.size);
  memcpy(copy->bytes, text.data, text.size);
  copy->next = b->all;
  b->all = copy;
#endif
#ifdef DEFECT_writer_payload
  ((jetcapture_value *)record->values)[4].kind = JETCAPTURE_NULL;
#endif
#ifdef DEFECT_writer_payload_message
  ((char *)record->message->data.data)[0] = '[';
#endif
#ifdef DEFECT_writer_room
  if (b->out->cursor == b->out->end) {
    const jetcapture_status status = b->out->more(b->out, 1);
    if (status != JETCAPTURE_OK)
      return status;
  }
  memcpy(b->out->cursor, "row row\n", 8);
  b->out->cursor += 8;
  return JETCAPTURE_OK;
#endif
#ifdef DEFECT_writer_rollback_groups
  b->rows++;
  return b->rows >= b->flushed + 1000 ? put_group(b) : JETCAPTURE_OK;
#endif
#ifdef DEFECT_writer_items
  if (b->rows > b->marked)
    return jetcapture_put(b->out, "again\n", 6);
#endif
  const jetcapture_status status = jetcapture_put(b->out, "row row\n", 8);
#ifdef DEFECT_writer_refused
  (void)status;
  return JETCAPTURE_OK;
#else
  if (status == JETCAPTURE_OK)
    b->rows++;
  return status;
#endif
}

static jetcapture_status finish(void *made) {
  block *b = made;
  b->finished = 1;
#ifdef DEFECT_writer_empty
  if (b->rows == 0)
    return jetcapture_fail(b->host, JETCAPTURE_FATAL, "there are no rows");
#endif
#ifdef DEFECT_writer_rollback_groups
  return put_group(b);
#endif
#if defined DEFECT_writer_rollback || defined DEFECT_writer_rollback_none
  char end[16];
  snprintf(end, sizeof end, "%u rows\n", b->rows);
  return jetcapture_put(b->out, end, strlen(end));
#else
  return JETCAPTURE_OK;
#endif
}

static void close_block(void *made) {
  block *b = made;
#ifdef DEFECT_writer_abandoned
  if (!b->finished)
    jetcapture_put(b->out, "end\n", 4);
#endif
#ifdef DEFECT_writer_close
  if (b->finished)
    jetcapture_put(b->out, "end\n", 4);
#endif
  while (b->all != NULL) {
    kept *next = b->all->next;
    free(b->all);
    b->all = next;
  }
#ifndef DEFECT_writer_growth
  free(b);
#endif
}

static jetcapture_status mark(void *made) {
  block *b = made;
  b->marked = b->rows;
  return JETCAPTURE_OK;
}
static jetcapture_status rollback(void *made) {
#ifdef DEFECT_writer_rollback
  (void)made;
#else
  block *b = made;
  b->rows = b->marked;
  first_row = b->rows == 0;
#endif
  return JETCAPTURE_OK;
}

#ifdef DEFECT_writer_facts
static jetcapture_status facts(void *self, jetcapture_writer_facts *facts) {
  (void)self;
  facts->suffix = "/../x";
  return JETCAPTURE_OK;
}
#endif

static const jetcapture_about about = {sizeof(jetcapture_about), 0, "broken", "1.0.0", "a broken writer", NULL};
static const char *const accepts[] = {JETCAPTURE_PAYLOAD_RECORD, NULL};

JETCAPTURE_WRITER(broken) = {sizeof(jetcapture_writer),
                             0,
                             &about,
                             accepts,
                             ".txt",
                             "text/plain",
                             create,
                             open_block,
                             write_row,
                             finish,
                             close_block,
                             free,
                             NULL,
#ifdef DEFECT_writer_rollback_none
                             NULL,
                             NULL,
#else
                             mark,
                             rollback,
#endif
#ifdef DEFECT_writer_facts
                             facts
#else
                             NULL
#endif
};
