/* A decoder and a writer with a payload of their own, which the writer changes. */
#include "simple.h"

static const char *const payload[] = {"com.example.size/1", NULL};
static const jetcapture_about decoder_about = {sizeof(jetcapture_about), 0, "own", "1.0.0", "sizes of messages", NULL};
static const jetcapture_about writer_about = {sizeof(jetcapture_about), 0, "own", "1.0.0", "sizes in binary", NULL};

static jetcapture_status decode(void *self, const jetcapture_message *message, const jetcapture_sink *sink) {
  uint64_t size = message->data.size;
  const jetcapture_item item = {sizeof item, 0, NULL, &size, JETCAPTURE_NO_TIME};
  (void)self;
  return sink->emit(sink, &item);
}
static jetcapture_status write_size(void *block, const void *payload) {
  uint64_t *size = (uint64_t *)payload;
  const jetcapture_status status = jetcapture_put(out_of(block), size, sizeof *size);
  ++*size;
  return status;
}

JETCAPTURE_DECODER(own) = {sizeof(jetcapture_decoder), 0, &decoder_about, payload, create, decode, free};
JETCAPTURE_WRITER(own) = {sizeof(jetcapture_writer),
                          0,
                          &writer_about,
                          payload,
                          ".bin",
                          "application/octet-stream",
                          create,
                          open_block,
                          write_size,
                          finish,
                          free,
                          free,
                          NULL,
                          NULL,
                          NULL};
