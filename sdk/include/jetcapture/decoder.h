/* Decoders: from a message to any number of payloads, each with a destination key. */
#ifndef JETCAPTURE_DECODER_H
#define JETCAPTURE_DECODER_H

#include "payload.h"

#ifdef __cplusplus
extern "C" {
#endif

#define JETCAPTURE_NO_TIME INT64_MIN

/* The limits of a destination key. An item above them is bad data: its message goes to quarantine. */
#define JETCAPTURE_MOST_KEY_PARTS 64
#define JETCAPTURE_MOST_KEY_BYTES 65536 /* of all parts together */

/* One payload for a block. Key and payload need to live only until emit() returns. */
typedef struct jetcapture_item {
  uint32_t size;
  uint32_t key_count; /* parts of the destination key; 0: no key */
  /* Any bytes: the host escapes what a path can't have, and each part is a folder of its own. A part whose data is NULL
   * is null: another one than an empty part. */
  const jetcapture_text *key;
  const void *payload; /* of the agreed type */
  /* Nanoseconds since 1970, UTC, instead of the stream's timestamp; or JETCAPTURE_NO_TIME. Within a few intervals of
   * what 64 bits can hold (the years 1677 and 2262) it is bad data. */
  int64_t event_time;
} jetcapture_item;

/* Where decode() puts its items. Valid only during that call. */
typedef struct jetcapture_sink jetcapture_sink;
struct jetcapture_sink {
  uint32_t size;
  uint32_t reserved;
  /* Writes the item into its block before it returns. On another status than JETCAPTURE_OK, end decode() with that same
   * status; its sentence has been given. */
  jetcapture_status (*emit)(const jetcapture_sink *sink, const jetcapture_item *item);
};

typedef struct jetcapture_decoder {
  uint32_t size;
  uint32_t reserved;
  const jetcapture_about *about;
  const char *const *produces; /* payload types, best first, NULL-terminated */

  /* [control] Makes an instance for one pipeline. On an error *self stays NULL and destroy() is not called. */
  jetcapture_status (*create)(const jetcapture_create_args *args, void **self);

  /* [serial instance] Emits the items of one message: none, if it is filtered out (it is acked all the same).
   * JETCAPTURE_BAD_DATA sends the whole message to quarantine; items that it has emitted before are taken back. */
  jetcapture_status (*decode)(void *self, const jetcapture_message *message, const jetcapture_sink *sink);

  /* [control] */
  void (*destroy)(void *self);
} jetcapture_decoder;

/* Defines the exported description: JETCAPTURE_DECODER(fixed_width) = { sizeof(jetcapture_decoder), 0, &about, … }; */
#define JETCAPTURE_DECODER(name)                                                              \
  JETCAPTURE_EXTERN_C JETCAPTURE_EXPORT const jetcapture_decoder jetcapture_decoder_1_##name; \
  const jetcapture_decoder jetcapture_decoder_1_##name

#ifdef __cplusplus
}
#endif

#endif
