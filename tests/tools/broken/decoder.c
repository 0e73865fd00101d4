/* A decoder whose key is the first byte of a message, with the one defect that the build names: -DDEFECT_… */
#define _GNU_SOURCE
#include <jetcapture/plugin.h>

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const jetcapture_column column = JETCAPTURE_COLUMN(JETCAPTURE_BYTES, "data");
static const jetcapture_column text_column = JETCAPTURE_COLUMN(JETCAPTURE_TEXT, "data");
static const jetcapture_column *const columns[] = {&column};
static const jetcapture_column *const text_columns[] = {&text_column};
static const jetcapture_schema schema = {sizeof(jetcapture_schema), 1, 1, columns};
static const jetcapture_schema text_schema = {sizeof(jetcapture_schema), 1, 1, text_columns};

static const jetcapture_option limit = {sizeof(jetcapture_option),
                                        JETCAPTURE_OPTION_INTEGER,
                                        0,
                                        0,
                                        "limit",
#ifdef DEFECT_option_defaults
                                        "many",
#else
                                        "1000000000",
#endif
                                        NULL,
#ifdef DEFECT_description
                                        NULL
#else
                                        "most bytes of a message"
#endif
};
static const jetcapture_option *const options[] = {&limit, NULL};

typedef struct {
  const jetcapture_host *host;
  const char *last;
} decoder;

static char summary[] = "a broken decoder";
static atomic_int busy;
static atomic_uint calls;
static unsigned char sum; /* so that reads are not optimised away */
static decoder only;
static void *table;

#ifdef DEFECT_file_exports
JETCAPTURE_EXPORT void helper(void);
void helper(void) {
  sum++;
}
#endif
#ifdef DEFECT_load_bindings
/* As of a libcrypto that was linked statically, and without the version script. */
JETCAPTURE_EXPORT int EVP_EncodeBlock(unsigned char *to, const unsigned char *from, int size);
int EVP_EncodeBlock(unsigned char *to, const unsigned char *from, int size) {
  (void)from;
  *to = sum;
  return size;
}
#endif
#ifdef DEFECT_file_relocations
__asm__(".pushsection .text\n.balign 8\n.quad jetcapture_decoder_1_broken\n.popsection");
#endif
#ifdef DEFECT_load_works
extern int that_is_nowhere(void);
#endif
#ifdef DEFECT_load_quiet
__attribute__((constructor)) static void greet(void) {
  puts("hello");
}
#endif
#ifdef DEFECT_load_process
__attribute__((constructor)) static void keep_open(void) {
  sum = (unsigned char)open("/dev/null", O_RDONLY);
}
#endif
#ifdef DEFECT_load_unload
__attribute__((destructor)) static void crash(void) {
  abort();
}
#endif

static jetcapture_status create(const jetcapture_create_args *args, void **self) {
  (void)summary;
#ifdef DEFECT_load_works
  sum = (unsigned char)that_is_nowhere();
#endif
#ifdef DEFECT_description_constant
  summary[0] = 'b' ^ 'a' ^ summary[0];
#endif
#ifdef DEFECT_create_works
  return JETCAPTURE_OK;
#endif
#ifdef DEFECT_create_values
  if (jetcapture_get(args, "limit")->integer < 0)
    return JETCAPTURE_CONFIGURATION;
#endif
#ifdef DEFECT_create_newer_host
  if (args->host->size != sizeof(jetcapture_host))
    return jetcapture_fail(args->host, JETCAPTURE_CONFIGURATION, "that is another host");
#endif
#ifdef DEFECT_create_cycles
  sum += ((unsigned char *)malloc(1000))[0];
#endif
#ifdef SOUND_grows_once
  if (atomic_fetch_add(&calls, 1) == 500)
    table = malloc(1 << 20);
#endif
#ifdef SOUND_frees_all
  // More blocks, of more sizes, with each instance: malloc keeps some of each for the thread.
  void *volatile blocks[7];
  const unsigned instance = atomic_fetch_add(&calls, 1), count = instance / 60 % 7 + 1;
  for (unsigned i = 0; i < count; i++)
    blocks[i] = malloc(24 + 16 * (instance % 60));
  for (unsigned i = 0; i < count; i++)
    free(blocks[i]);
#endif
#ifdef DEFECT_create_process
  sum = (unsigned char)chdir("/");
#endif
#ifdef DEFECT_create_process_umask
  umask(0);
#endif
#ifdef DEFECT_create_process_mask
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
#endif
#ifdef DEFECT_create_process_handler
  signal(SIGUSR1, SIG_IGN);
#endif
#ifdef DEFECT_create_process_locale
  setlocale(LC_ALL, "C.UTF-8");
#endif
#ifdef DEFECT_create_process_environment
  setenv("TZ", "UTC", 1);
#endif
#ifdef DEFECT_create_process_output
  puts("created");
#endif
#ifdef DEFECT_create_two
  decoder *made = &only;
#else
  decoder *made = calloc(1, sizeof *made);
#endif
  made->host = args->host;
  *self = made;
  return JETCAPTURE_OK;
}

static jetcapture_status decode(void *self, const jetcapture_message *message, const jetcapture_sink *sink) {
  decoder *me = self;
  const jetcapture_text data = message->data;
  (void)me;
#ifdef DEFECT_decoder_samples
  return jetcapture_fail(me->host, JETCAPTURE_BAD_DATA, "nothing is good enough");
#endif
#ifdef DEFECT_decoder_empty
  sum += (unsigned char)*data.data;
#endif
#ifdef DEFECT_decoder_borrowed
  if (me->last != NULL)
    sum += (unsigned char)*me->last;
  me->last = data.data;
#endif
#ifdef DEFECT_decoder_large
  if (data.size > 1000000)
    abort();
#endif
#ifdef DEFECT_decoder_random
  if (data.size > 0 && memchr(data.data, 0xFE, data.size) != NULL)
    abort();
#endif
#ifdef DEFECT_decoder_bounds
  if (data.data != NULL)
    sum += (unsigned char)data.data[data.size];
#endif
#ifdef DEFECT_decoder_status
  if (data.size > 0 && data.data[0] == '{')
    return jetcapture_fail(me->host, JETCAPTURE_FATAL, "a brace");
#endif
#ifdef DEFECT_decoder_sentence
  if (data.size > 0 && data.data[0] == '{')
    return JETCAPTURE_BAD_DATA;
#endif
#ifdef DEFECT_decoder_threads
  if (atomic_fetch_add(&busy, 1) > 0) {
    atomic_fetch_sub(&busy, 1);
    return jetcapture_fail(me->host, JETCAPTURE_BAD_DATA, "someone else is at work");
  }
  usleep(100);
  atomic_fetch_sub(&busy, 1);
#endif
#ifdef DEFECT_decoder_message
  if (data.size > 0)
    ((char *)data.data)[0] = 'x';
#endif
#ifdef DEFECT_decoder_message_struct
  ((jetcapture_message *)message)->deliveries = 7;
#endif
#ifdef DEFECT_decoder_process
  if (sum++ == 0) /* not each time: there are limits */
    (void)open("/dev/null", O_RDONLY);
#endif
#ifdef DEFECT_decoder_process_output
  puts("a message");
#endif
#ifdef DEFECT_decoder_growth
  sum += ((unsigned char *)malloc(100))[0];
#endif
  jetcapture_value value;
  memset(&value, 0, sizeof value);
  value.kind = JETCAPTURE_BYTES;
  value.as.text = data;
#ifdef DEFECT_decoder_items
  value.kind = JETCAPTURE_TEXT;
  const jetcapture_record record = {sizeof record, 1, &text_schema, &value, message};
#else
  const jetcapture_record record = {sizeof record, 1, &schema, &value, message};
#endif
  (void)text_schema;
  char key_byte[1] = {'a'};
#ifdef DEFECT_decoder_repeatable
  key_byte[0] = (char)('a' + atomic_fetch_add(&calls, 1) % 7);
#endif
  const jetcapture_text part = {key_byte, 1};
  const jetcapture_text *key = &part;
  uint32_t parts = 1;
#ifdef DEFECT_decoder_items_key_bytes
  static char long_text[40000];
  const jetcapture_text two[] = {{long_text, sizeof long_text}, {long_text, sizeof long_text}};
  key = two;
  parts = 2;
#endif
#ifdef DEFECT_decoder_items_key_parts
  static jetcapture_text many[JETCAPTURE_MOST_KEY_PARTS + 1];
  key = many;
  parts = JETCAPTURE_MOST_KEY_PARTS + 1;
#endif
#ifdef DEFECT_decoder_time
  const int64_t time = (int64_t)((uint64_t)message->timestamp + 1000000000u); /* wraps around */
#elif defined DEFECT_decoder_items_time
  const int64_t time = INT64_MAX;
#else
  const int64_t time = JETCAPTURE_NO_TIME;
#endif
  const jetcapture_item item = {sizeof item, parts, key, &record, time};
#ifdef DEFECT_decoder_refused
  (void)sink->emit(sink, &item);
  return JETCAPTURE_OK;
#else
  return sink->emit(sink, &item);
#endif
}

static void destroy(void *self) {
  if (self != &only)
    free(self);
  (void)busy;
  (void)calls;
  (void)sum;
  (void)table;
}

static const jetcapture_about about = {sizeof(jetcapture_about), 0, "broken", "1.0.0", summary, options};
static const char *const produces[] = {JETCAPTURE_PAYLOAD_RECORD, NULL};

JETCAPTURE_DECODER(broken) = {sizeof(jetcapture_decoder), 0, &about, produces, create, decode, destroy};
