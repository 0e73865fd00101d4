#include <jetcapture/plugin.h>

#include <stdlib.h>

/* The columns never change: one schema for all records. */
static const jetcapture_column region = JETCAPTURE_COLUMN(JETCAPTURE_TEXT, "region");
static const jetcapture_column amount = JETCAPTURE_COLUMN(JETCAPTURE_NUMBER, "amount");
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
  if (given < 6 || given > 20)
    return jetcapture_fail(args->host, JETCAPTURE_CONFIGURATION, "the option width is not between 6 and 20");
  decoder *made = malloc(sizeof *made);
  if (made == NULL)
    return jetcapture_fail(args->host, JETCAPTURE_FATAL, "out of memory");
  made->host = args->host;
  made->width = (uint64_t)given;
  *self = made;
  return JETCAPTURE_OK;
}

/* Digits, a point, two digits: to hundredths. 0 where it is something else. Not strtod(), which knows locales and
 * "nan". */
static int parse_amount(const char *text, uint64_t size, int64_t *hundredths) {
  uint64_t i;
  *hundredths = 0;
  for (i = 0; i < size; i++) {
    if (i == size - 3) {
      if (text[i] != '.')
        return 0;
      continue;
    }
    if (text[i] < '0' || text[i] > '9')
      return 0;
    *hundredths = *hundredths * 10 + (text[i] - '0');
  }
  return 1;
}

static jetcapture_status decode(void *self, const jetcapture_message *message, const jetcapture_sink *sink) {
  const decoder *me = self;
  const jetcapture_text line = message->data; /* not terminated; data is NULL where size is 0 */
  if (line.size != me->width)
    return jetcapture_fail(me->host, JETCAPTURE_BAD_DATA, "the line has another width");
  const jetcapture_text key = {line.data, 2};
  if (!jetcapture_is_utf8(key))
    return jetcapture_fail(me->host, JETCAPTURE_BAD_DATA, "the region is not UTF-8");
  int64_t hundredths;
  if (!parse_amount(line.data + 2, line.size - 2, &hundredths))
    return jetcapture_fail(me->host, JETCAPTURE_BAD_DATA, "the amount is not a number with two decimals");
  const jetcapture_value values[2] = {jetcapture_text_value(JETCAPTURE_TEXT, key),
                                      jetcapture_number((double)hundredths / 100)};
  const jetcapture_record record = {sizeof record, 2, &schema, values, message};
  const jetcapture_item item = {sizeof item, 1, &key, &record, JETCAPTURE_NO_TIME};
  return sink->emit(sink, &item);
}

static const jetcapture_about about = {
    sizeof(jetcapture_about), 0, "fixed_width", "1.0.0", "lines of fixed width: a region and an amount", options};
static const char *const produces[] = {JETCAPTURE_PAYLOAD_RECORD, NULL};

JETCAPTURE_DECODER(fixed_width) = {sizeof(jetcapture_decoder), 0, &about, produces, create, decode, free};
