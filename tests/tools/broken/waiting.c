/* A decoder and a writer that never get ready for a message with the name of their kind. */
#include "simple.h"

static const char *const message[] = {JETCAPTURE_PAYLOAD_MESSAGE, NULL};
static const jetcapture_about about = {sizeof(jetcapture_about), 0, "waiting", "1.0.0", "waits for ever", NULL};

static const jetcapture_host *host;

static jetcapture_status create_waiting(const jetcapture_create_args *args, void **self) {
  host = args->host;
  return create(args, self);
}
static int begins(const jetcapture_message *given, char with) {
  return given->data.size > 0 && given->data.data[0] == with;
}
static jetcapture_status decode(void *self, const jetcapture_message *given, const jetcapture_sink *sink) {
  const jetcapture_item item = {sizeof item, 0, NULL, given, JETCAPTURE_NO_TIME};
  (void)self;
  if (begins(given, 'd'))
    return jetcapture_fail(host, JETCAPTURE_RETRY, "the schema is not there");
  return sink->emit(sink, &item);
}
static jetcapture_status write_line(void *block, const void *payload) {
  if (begins(payload, 'w'))
    return jetcapture_fail(host, JETCAPTURE_RETRY, "the dictionary is not there");
  return jetcapture_put(out_of(block), "line\n", 5);
}

JETCAPTURE_DECODER(waiting) = {sizeof(jetcapture_decoder), 0, &about, message, create_waiting, decode, free};
JETCAPTURE_WRITER(waiting) = {sizeof(jetcapture_writer),
                              0,
                              &about,
                              message,
                              ".txt",
                              "text/plain",
                              create_waiting,
                              open_block,
                              write_line,
                              finish,
                              free,
                              free,
                              NULL,
                              NULL,
                              NULL};
