#include <jetcapture/plugin.h>

#include <stdlib.h>
#include <string.h>

/* The columns never change: one schema for all records. */
static const jetcapture_column region = {sizeof(jetcapture_column), JETCAPTURE_TEXT, {"region", 6}};
static const jetcapture_column amount = {sizeof(jetcapture_column), JETCAPTURE_NUMBER, {"amount", 6}};
static const jetcapture_column *const columns[] = {&region, &amount};
static const jetcapture_schema schema = {sizeof(jetcapture_schema), 2, 1, columns};

static const jetcapture_option width = {sizeof(jetcapture_option), JETCAPTURE_OPTION_INTEGER, 0, 0, "width", "13", NULL,
                                        "bytes of a line"};
static const jetcapture_option *const options[] = {&width, NULL};

typedef struct {
  const jetcapture_host *host;
  uint64_t width;
} decoder;

static jetcapture_status create(const jetcapture_create_args *args, void **self) {
  const int64_t given = jetcapture_get(args, "width")->integer;
  if (given < 3 || given > 64)
    return jetcapture_fail(args->host, JETCAPTURE_CONFIGURATION, "the option width is not between 3 and 64");
  decoder *made = malloc(sizeof *made);
  if (made == NULL)
    return jetcapture_fail(args->host, JETCAPTURE_FATAL, "out of memory");
  made->host = args->host;
  made->width = (uint64_t)given;
  *self = made;
  return JETCAPTURE_OK;
}

static jetcapture_status decode(void *self, const jetcapture_message *message, const jetcapture_sink *sink) {
  const decoder *me = self;
  if (message->data.size != me->width)
    return jetcapture_fail(me->host, JETCAPTURE_BAD_DATA, "the line has another width");
  char digits[65] = {0};
  memcpy(digits, message->data.data + 2, message->data.size - 2);
  char *end = NULL;
  jetcapture_value values[2];
  memset(values, 0, sizeof values);
  values[0].kind = JETCAPTURE_TEXT;
  values[0].as.text.data = message->data.data;
  values[0].as.text.size = 2;
  if (!jetcapture_is_utf8(values[0].as.text))
    return jetcapture_fail(me->host, JETCAPTURE_BAD_DATA, "the region is not UTF-8");
  values[1].kind = JETCAPTURE_NUMBER;
  values[1].as.number = strtod(digits, &end);
  if (*end != '\0')
    return jetcapture_fail(me->host, JETCAPTURE_BAD_DATA, "the amount is not a number");
  const jetcapture_record record = {sizeof record, 2, &schema, values, message};
  const jetcapture_item item = {sizeof item, 1, &values[0].as.text, &record, JETCAPTURE_NO_TIME};
  return sink->emit(sink, &item);
}

static const jetcapture_about about = {
    sizeof(jetcapture_about), 0, "fixed_width", "1.0.0", "lines of fixed width: a region and an amount", options};
static const char *const produces[] = {JETCAPTURE_PAYLOAD_RECORD, NULL};

JETCAPTURE_DECODER(fixed_width) = {sizeof(jetcapture_decoder), 0, &about, produces, create, decode, free};
