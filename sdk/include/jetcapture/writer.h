/* Writers: serialise the payloads of a block into bytes. */
#ifndef JETCAPTURE_WRITER_H
#define JETCAPTURE_WRITER_H

#include "payload.h"

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a writer puts a block's bytes: straight into the host's buffer, from cursor, never past end. What is between
 * the old and the new cursor when a function of the writer returns has been written. */
typedef struct jetcapture_out jetcapture_out;
struct jetcapture_out {
  uint32_t size;
  uint32_t reserved;
  char *cursor;
  char *end;
  /* Makes room for at least need more bytes, at a new cursor; what was written stays written. On an error, hand the
   * status on. */
  jetcapture_status (*more)(jetcapture_out *out, uint64_t need);
};

/* Appends bytes. */
static inline jetcapture_status jetcapture_put(jetcapture_out *out, const void *data, uint64_t size) {
  if ((uint64_t)(out->end - out->cursor) < size) {
    jetcapture_status status = out->more(out, size);
    if (status != JETCAPTURE_OK)
      return status;
  }
  if (size != 0) {
    memcpy(out->cursor, data, (size_t)size);
    out->cursor += size;
  }
  return JETCAPTURE_OK;
}

static inline jetcapture_status jetcapture_put_text(jetcapture_out *out, jetcapture_text text) {
  return jetcapture_put(out, text.data, text.size);
}

/* What a block is for. It dies when open() returns. */
typedef struct jetcapture_block_info {
  uint32_t size;
  uint32_t key_count;
  const jetcapture_text *key;
  jetcapture_text stream;
  int64_t interval_start; /* nanoseconds since 1970, UTC; the end is exclusive */
  int64_t interval_end;
} jetcapture_block_info;

/* Flags of a writer. */
enum {
  JETCAPTURE_WRITER_COMPRESSES = 1 /* its output is compressed: the host refuses to compress it again */
};

/* What a writer says of its output. */
typedef struct jetcapture_writer_facts {
  uint32_t size;
  uint32_t flags;           /* JETCAPTURE_WRITER_… */
  const char *suffix;       /* of a file name, with its dot: ".csv"; at most 32 letters, digits and "._-" */
  const char *content_type; /* "text/csv; charset=utf-8" */
} jetcapture_writer_facts;

/* Within one block the host calls open, then for each message mark, write once or more, and rollback only if the
 * message failed, or is written later or into another block; then finish or not; then close. */
typedef struct jetcapture_writer {
  uint32_t size;
  uint32_t flags;
  const jetcapture_about *about;
  const char *const *accepts; /* payload types, best first, NULL-terminated */
  const char *suffix;         /* as in the facts, with the default options */
  const char *content_type;

  /* [control] [may block] Makes the factory of a process. Any error ends the host at its start, with the sentence;
   * *self stays NULL and destroy() is not called. */
  jetcapture_status (*create)(const jetcapture_create_args *args, void **self);

  /* [concurrent] Begins a block. out stays valid until close(). On an error *block stays NULL and close() is not
   * called; JETCAPTURE_BAD_DATA (the key can't be used) and JETCAPTURE_RETRY mean what they mean at write(), and any
   * other stops the host. */
  jetcapture_status (*open)(void *self, const jetcapture_block_info *info, jetcapture_out *out, void **block);

  /* [serial block] Writes one payload: as many rows as it has. The payload and all that it points to stay as they are:
   * the host may offer it to another block. On an error the host takes back what the call wrote, and the block must be
   * as it was before.
   *   JETCAPTURE_OK           it is in the block.
   *   JETCAPTURE_BAD_DATA     the message of the payload goes to quarantine, with the sentence.
   *   JETCAPTURE_NEXT_BLOCK   it does not fit here (other columns, say), but into another block. The host offers the
   *                           payload to a second block of the same key and interval, which it opens where there is
   *                           none yet: two schemas in turn end no block. Where that refuses it too, or the block has
   *                           earlier payloads of the same message, the host takes the message back, seals the block
   *                           of the two that was opened first, or the only one, and has the message decoded again:
   *                           what it has for a key goes into one block. From a block without payloads of earlier
   *                           messages it is bad data.
   *   JETCAPTURE_RETRY        not now: the message is taken back, waits, and is decoded and written again, as after
   *                           JETCAPTURE_RETRY of a decoder.
   *   any other               the host stops, with the sentence. */
  jetcapture_status (*write)(void *block, const void *payload);

  /* [serial block] Writes what ends the block (a footer, rows still inside). Nothing is written after it. It is not
   * called again: any error stops the host, nothing of the block is stored, and its messages stay in the stream. */
  jetcapture_status (*finish)(void *block);

  /* [serial block] Frees the block. Without finish() before it, the block is abandoned. Writes nothing. */
  void (*close)(void *block);

  /* [control] After every block is closed. */
  void (*destroy)(void *self);

  /* [serial block] Optional: bytes of memory that rows still inside the writer take, so that size limits count them.
   * Writes nothing. */
  uint64_t (*pending)(void *block);

  /* [serial block] Optional, both or none: mark() notes the state before the payloads of a message, rollback() returns
   * to it; the host takes back the bytes since mark(), and neither writes any. Where a write() moved rows of earlier
   * messages from the block's memory into the bytes, those are taken back too: keep such rows until the next mark(),
   * and let rollback() put them back into memory. On an error the host stops, and nothing of the block is stored.
   * Without the two the writer declares that its blocks have no state beside their bytes, and the bytes alone are taken
   * back. */
  jetcapture_status (*mark)(void *block);
  jetcapture_status (*rollback)(void *block);

  /* [control] Optional, right after create(): what depends on the options. facts has what the description says, and is
   * changed where it differs; its texts live until destroy(). Any error ends the host at its start. */
  jetcapture_status (*facts)(void *self, jetcapture_writer_facts *facts);
} jetcapture_writer;

#define JETCAPTURE_WRITER(name)                                                             \
  JETCAPTURE_EXTERN_C JETCAPTURE_EXPORT const jetcapture_writer jetcapture_writer_1_##name; \
  const jetcapture_writer jetcapture_writer_1_##name

#ifdef __cplusplus
}
#endif

#endif
