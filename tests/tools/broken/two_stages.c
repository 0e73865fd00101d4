/* A decoder and a writer in one file, which share the name of an option: for the ways of --opt. Nothing is wrong with
 * them. */
#include "simple.h"

static const jetcapture_option width = {sizeof(jetcapture_option), JETCAPTURE_OPTION_INTEGER, 0, 0, "width", "1", NULL,
                                        "bytes of a line"};
static const jetcapture_option limit = {sizeof(jetcapture_option), JETCAPTURE_OPTION_INTEGER, 0, 0, "limit", "1", NULL,
                                        "bytes of a message"};
static const jetcapture_option *const decoder_options[] = {&width, &limit, NULL};
static const jetcapture_option *const writer_options[] = {&width, NULL};
static const jetcapture_about decoder_about = {sizeof(jetcapture_about), 0, "two", "1.0.0", "one of two",
                                               decoder_options};
static const jetcapture_about writer_about = {sizeof(jetcapture_about), 0, "two", "1.0.0", "the other", writer_options};
static const char *const message[] = {JETCAPTURE_PAYLOAD_MESSAGE, NULL};

static jetcapture_status create_writer(const jetcapture_create_args *args, void **self) {
  if (jetcapture_get(args, "width")->integer == 7)
    return jetcapture_fail(args->host, JETCAPTURE_CONFIGURATION, "the writer has no width of 7");
  return create(args, self);
}
static jetcapture_status decode(void *self, const jetcapture_message *given, const jetcapture_sink *sink) {
  const jetcapture_item item = {sizeof item, 0, NULL, given, JETCAPTURE_NO_TIME};
  (void)self;
  return sink->emit(sink, &item);
}
static jetcapture_status write_line(void *block, const void *payload) {
  (void)payload;
  return jetcapture_put(out_of(block), "line\n", 5);
}

JETCAPTURE_DECODER(two) = {sizeof(jetcapture_decoder), 0, &decoder_about, message, create, decode, free};
JETCAPTURE_WRITER(two) = {sizeof(jetcapture_writer),
                          0,
                          &writer_about,
                          message,
                          ".txt",
                          "text/plain",
                          create_writer,
                          open_block,
                          write_line,
                          finish,
                          free,
                          free,
                          NULL,
                          NULL,
                          NULL};
