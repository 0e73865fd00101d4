/* A writer of whole messages that has nothing wrong, and its reader with the one defect that the build names:
 * -DDEFECT_… */
#include <jetcapture/plugin.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What stands before the bytes of each message. */
typedef struct {
  char mark[4];
  uint32_t subject;
  uint32_t header_block;
  uint32_t data;
  uint64_t sequence;
  int64_t timestamp;
} frame;

static const jetcapture_host *host;

static jetcapture_status create(const jetcapture_create_args *args, void **self) {
  host = args->host;
  *self = malloc(1);
  return JETCAPTURE_OK;
}

static jetcapture_status open_block(void *self, const jetcapture_block_info *info, jetcapture_out *out, void **block) {
  (void)self;
  (void)info;
  jetcapture_out **made = malloc(sizeof *made);
  *made = out;
  *block = made;
  return JETCAPTURE_OK;
}

static uint64_t size_of_headers(const jetcapture_message *message) {
  uint64_t size = message->header_count == 0 ? 0 : strlen("NATS/1.0\r\n\r\n");
  uint32_t i;
  for (i = 0; i < message->header_count; i++)
    size += message->headers[i].name.size + message->headers[i].value.size + strlen(": \r\n");
  return size;
}

static jetcapture_status put_headers(jetcapture_out *out, const jetcapture_message *message) {
  uint32_t i;
  if (message->header_count == 0)
    return JETCAPTURE_OK;
  jetcapture_status status = jetcapture_put(out, "NATS/1.0\r\n", 10);
  for (i = 0; status == JETCAPTURE_OK && i < message->header_count; i++) {
    if ((status = jetcapture_put_text(out, message->headers[i].name)) == JETCAPTURE_OK &&
        (status = jetcapture_put(out, ": ", 2)) == JETCAPTURE_OK &&
        (status = jetcapture_put_text(out, message->headers[i].value)) == JETCAPTURE_OK)
      status = jetcapture_put(out, "\r\n", 2);
  }
  return status == JETCAPTURE_OK ? jetcapture_put(out, "\r\n", 2) : status;
}

static jetcapture_status write_message(void *block, const void *payload) {
  jetcapture_out *out = *(jetcapture_out **)block;
  const jetcapture_message *message = payload;
  const frame head = {{'F', 'R', 'M', '1'},         (uint32_t)message->subject.size, (uint32_t)size_of_headers(message),
                      (uint32_t)message->data.size, message->stream_sequence,        message->timestamp};
  jetcapture_status status = jetcapture_put(out, &head, sizeof head);
  if (status == JETCAPTURE_OK)
    status = jetcapture_put_text(out, message->subject);
  if (status == JETCAPTURE_OK)
    status = put_headers(out, message);
  return status == JETCAPTURE_OK ? jetcapture_put_text(out, message->data) : status;
}

static jetcapture_status finish(void *block) {
  (void)block;
  return JETCAPTURE_OK;
}

typedef struct {
  const jetcapture_input *input;
  uint64_t place;
  char *bytes;
} object;

static char *shared_bytes; /* of one object at a time */

static jetcapture_status open_object(void *self, const jetcapture_input *input, void **made) {
  (void)self;
  object *o = calloc(1, sizeof *o);
  o->input = input;
  *made = o;
  return JETCAPTURE_OK;
}

/* Whether all of them are there. */
static jetcapture_status take(object *o, void *to, uint64_t size) {
  const int64_t count = o->input->read(o->input, o->place, to, size);
#ifdef DEFECT_reader_failed_read
  if (count < 0)
    return jetcapture_fail(host, JETCAPTURE_BAD_DATA, "the input can't be read");
#else
  if (count < 0)
    return jetcapture_fail(host, JETCAPTURE_RETRY, "the input can't be read");
#endif
  o->place += (uint64_t)count;
#ifdef DEFECT_reader_damage
  if ((uint64_t)count < size && o->place > sizeof(frame))
    return jetcapture_fail(host, JETCAPTURE_FATAL, "the object ends within a frame");
#endif
  return (uint64_t)count == size ? JETCAPTURE_OK
                                 : jetcapture_fail(host, JETCAPTURE_BAD_DATA, "the object ends within a frame");
}

static jetcapture_status next(void *made, jetcapture_whole_message *message, uint32_t *there) {
  object *o = made;
  frame head;
  memset(&head, 0, sizeof head);
  *there = 0;
  if (o->place == o->input->bytes)
    return JETCAPTURE_OK;
  jetcapture_status status = take(o, &head, sizeof head);
#ifdef DEFECT_reader_other_bytes
  if (o->input->bytes == 4 && memcmp(&head, "PAR1", 4) == 0)
    return jetcapture_fail(host, JETCAPTURE_FATAL, "this is no frame");
#endif
  if (status != JETCAPTURE_OK)
    return status;
  const uint64_t size = (uint64_t)head.subject + head.header_block + head.data;
  if (memcmp(head.mark, "FRM1", 4) != 0)
    return jetcapture_fail(host, JETCAPTURE_BAD_DATA, "this is no frame");
  if (size > o->input->bytes - o->place) {
#ifdef DEFECT_reader_damage
    return jetcapture_fail(host, JETCAPTURE_FATAL, "a frame is larger than the object");
#else
    return jetcapture_fail(host, JETCAPTURE_BAD_DATA, "a frame is larger than the object");
#endif
  }
#ifdef DEFECT_reader_threads
  char *bytes = shared_bytes == NULL ? (shared_bytes = malloc(16 << 20)) : shared_bytes;
#else
  char *bytes = o->bytes = realloc(o->bytes, size + 1);
#endif
  if ((status = take(o, bytes, size)) != JETCAPTURE_OK)
    return status;
#ifdef DEFECT_reader_threads
  usleep(50);
#endif
  message->sequence = head.sequence;
  message->timestamp = head.timestamp;
#ifdef DEFECT_reader_round_trip
  message->timestamp -= message->timestamp % 1000;
#endif
  message->subject.data = bytes;
  message->subject.size = head.subject;
  message->header_block.data = bytes + head.subject;
  message->header_block.size = head.header_block;
  message->data.data = bytes + head.subject + head.header_block;
  message->data.size = head.data;
  *there = 1;
  return JETCAPTURE_OK;
}

static void close_object(void *made) {
  object *o = made;
#ifndef DEFECT_reader_cycles
  free(o->bytes);
#endif
  free(o);
}

static const jetcapture_about about = {sizeof about, 0, "frames", "1", "messages as frames", NULL};
static const char *const accepts[] = {JETCAPTURE_PAYLOAD_MESSAGE, NULL};

JETCAPTURE_WRITER(frames) = {sizeof(jetcapture_writer),
                             0,
                             &about,
                             accepts,
                             ".frames",
                             "application/octet-stream",
                             create,
                             open_block,
                             write_message,
                             finish,
                             free,
                             free};
JETCAPTURE_READER(frames) = {sizeof(jetcapture_reader), 0, &about, create, open_object, next, close_object, free};
