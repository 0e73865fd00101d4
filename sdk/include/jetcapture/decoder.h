/* Decoders: from a message to any number of payloads, each with a destination key. */
#ifndef JETCAPTURE_DECODER_H
#define JETCAPTURE_DECODER_H

#include "payload.h"

#ifdef __cplusplus
extern "C" {
#endif

#define JETCAPTURE_NO_TIME INT64_MIN

/* The limits of an item. One outside of them is bad data: its message goes to quarantine. */
#define JETCAPTURE_MOST_KEY_PARTS 64
#define JETCAPTURE_MOST_KEY_BYTES 65536                       /* of all parts together */
#define JETCAPTURE_MOST_TEXT_BYTES 1073741824                 /* of one text of a record or message */
#define JETCAPTURE_FIRST_TIME (-INT64_C(8520336000000000000)) /* 1700-01-01T00:00:00Z */
#define JETCAPTURE_LAST_TIME INT64_C(7258118399999999999)     /* the last nanosecond of 2199 */

/* One payload for a block. Key and payload need to live only until emit() returns.
 *
 * The host checks the item, and of a record or a message (payload.h) what its writer would go astray with: sizes,
 * pointers and counts, the kinds of values, and flags. What breaks these rules is bad data as well: the decoder's name
 * stands in the quarantine. That a text is UTF-8, JSON or a number is the decoder's duty alone. */
typedef struct jetcapture_item {
  uint32_t size;
  uint32_t key_count; /* parts of the destination key; 0: no key */
  /* Any bytes: the host escapes what a path can't have, and each part is a folder of its own. A part whose data is NULL
   * is null: another one than an empty part. */
  const jetcapture_text *key;
  const void *payload; /* of the agreed type */
  /* Nanoseconds since 1970, UTC, instead of the stream's timestamp: from JETCAPTURE_FIRST_TIME to JETCAPTURE_LAST_TIME;
   * or JETCAPTURE_NO_TIME. */
  int64_t event_time;
} jetcapture_item;

/* Where decode() puts its items. Valid only during that call. */
typedef struct jetcapture_sink jetcapture_sink;
struct jetcapture_sink {
  uint32_t size;
  uint32_t reserved;
  /* Writes the item into its block before it returns, or takes note that this block is full: then decode() is called
   * again for the same message once it has ended. On another status than JETCAPTURE_OK, end decode() with that same
   * status and emit nothing more; its sentence has been given. */
  jetcapture_status (*emit)(const jetcapture_sink *sink, const jetcapture_item *item);
};

typedef struct jetcapture_decoder {
  uint32_t size;
  uint32_t reserved;
  const jetcapture_about *about;
  const char *const *produces; /* payload types, best first, NULL-terminated */

  /* [control] [may block] Makes an instance for one pipeline. Any error ends the host at its start, with the sentence;
   * *self stays NULL and destroy() is not called. */
  jetcapture_status (*create)(const jetcapture_create_args *args, void **self);

  /* [serial instance] [may block] Emits the items of one message: none, if it is filtered out (it is acked all the
   * same). All of its items are written, or none: what was emitted before an error is taken back.
   *   JETCAPTURE_OK         all its items are emitted.
   *   JETCAPTURE_BAD_DATA   the whole message goes to quarantine, with the sentence.
   *   JETCAPTURE_RETRY      what the decoder needs is not there now. The message waits, and those behind it in this
   *                         pipeline; the host calls again after a while, first after 50 ms, later every 5 s at most.
   *   any other             the host stops, with the sentence; the message stays in the stream.
   * It may be called again for the same message, after JETCAPTURE_RETRY or a status of emit(), and then has to emit the
   * same items. The message is a copy for this call. A call of more than 30 s makes the host unhealthy: return
   * JETCAPTURE_RETRY rather than wait for long. */
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
