/* The constant description, which Go can't export, and the calls of functions by pointer, which Go can't make. */
#include "go_lines.h"

#include "_cgo_export.h"

static const jetcapture_column number = JETCAPTURE_COLUMN(JETCAPTURE_UNSIGNED, "number");
static const jetcapture_column line = JETCAPTURE_COLUMN(JETCAPTURE_TEXT, "line");
static const jetcapture_column *const columns[] = {&number, &line};
static const jetcapture_schema schema = {sizeof(jetcapture_schema), 2, 1, columns};

static const jetcapture_option comment = {sizeof(jetcapture_option),
                                          JETCAPTURE_OPTION_TEXT,
                                          0,
                                          0,
                                          "comment",
                                          "#",
                                          NULL,
                                          "lines that begin with this are left out; empty: none"};
static const jetcapture_option *const options[] = {&comment, NULL};

jetcapture_status go_lines_emit(const jetcapture_sink *sink, const jetcapture_message *message, uint64_t at,
                                jetcapture_text text) {
  const jetcapture_value values[2] = {jetcapture_unsigned(at), jetcapture_text_value(JETCAPTURE_TEXT, text)};
  const jetcapture_record record = {sizeof record, 2, &schema, values, message};
  const jetcapture_item item = {sizeof item, 1, &message->subject, &record, JETCAPTURE_NO_TIME};
  return sink->emit(sink, &item);
}

jetcapture_status go_lines_fail(const jetcapture_host *host, jetcapture_status status, const char *data,
                                uint64_t size) {
  const jetcapture_text sentence = {data, size};
  return host->fail(host, status, sentence);
}

/* An instance is known to C by the number of its cgo.Handle: pointers to Go's memory must not be kept here. */
static jetcapture_status create(const jetcapture_create_args *args, void **self) {
  uintptr_t handle = 0;
  const jetcapture_status status =
      goLinesCreate((jetcapture_host *)args->host, jetcapture_get(args, "comment")->text, &handle);
  *self = (void *)handle;
  return status;
}
static jetcapture_status decode(void *self, const jetcapture_message *message, const jetcapture_sink *sink) {
  return goLinesDecode((uintptr_t)self, (jetcapture_message *)message, (jetcapture_sink *)sink);
}
static void destroy(void *self) {
  goLinesDestroy((uintptr_t)self);
}

static const jetcapture_about about = {
    sizeof(jetcapture_about), 0, "go_lines", "1.0.0", "each line becomes a record: its number and its text", options};
static const char *const produces[] = {JETCAPTURE_PAYLOAD_RECORD, NULL};

JETCAPTURE_DECODER(go_lines) = {sizeof(jetcapture_decoder), 0, &about, produces, create, decode, destroy};
