/* Readers: return the whole messages of an object that a writer of JETCAPTURE_PAYLOAD_MESSAGE has written. */
#ifndef JETCAPTURE_READER_H
#define JETCAPTURE_READER_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The bytes of an object as its writer wrote them: what the host has compressed it has unpacked again. Valid until
 * close(). */
typedef struct jetcapture_input jetcapture_input;
struct jetcapture_input {
  uint32_t size;
  uint32_t reserved; /* 0 */
  uint64_t bytes;    /* in all */

  /* [serial object] [may block] Copies up to count bytes from offset into buffer; returns how many (0 at the end), or
   * -1 when they can't be read: return JETCAPTURE_RETRY then. */
  int64_t (*read)(const jetcapture_input *input, uint64_t offset, void *buffer, uint64_t count);
};

/* A message as the stream had it. All of it is exact: from these a stream is written back. */
typedef struct jetcapture_whole_message {
  uint32_t size;
  uint32_t reserved; /* 0 */
  uint64_t sequence;
  int64_t timestamp; /* when the stream took it; nanoseconds since 1970, UTC */
  jetcapture_text subject;
  /* As on the wire, "NATS/1.0\r\nName: value\r\n\r\n"; empty: the message had none. See the header_block of
   * jetcapture_message (payload.h) for how a writer is given it. */
  jetcapture_text header_block;
  jetcapture_text data;
} jetcapture_whole_message;

/* Of one object the host calls open, then next until there is no more, or not; then close. */
typedef struct jetcapture_reader {
  uint32_t size;
  uint32_t flags; /* 0 */
  /* name: that of the writer whose objects it reads. The host finds it by the writer that the manifest names. */
  const jetcapture_about *about;

  /* [control] [may block] Makes the factory of a process. Any error ends the command at its start, with the sentence;
   * *self stays NULL and destroy() is not called. */
  jetcapture_status (*create)(const jetcapture_create_args *args, void **self);

  /* [concurrent] [may block] Begins an object; its bytes are those that were stored, their hash has been checked. On an
   * error *object stays NULL and close() is not called.
   *   JETCAPTURE_BAD_DATA  this is not what the writer writes, or it has no whole messages. The host names the object
   *                        with the sentence, and goes on with others.
   *   JETCAPTURE_RETRY     the input could not be read. The command ends, with the sentence.
   *   any other            likewise. */
  jetcapture_status (*open)(void *self, const jetcapture_input *input, void **object);

  /* [serial object] [may block] The next message, in the order in which they were written. With JETCAPTURE_OK *there is
   * 1 and the message is filled in, up to its size; what it points to stays until the next call of next() or close().
   * Or *there is 0: there are no more, and next() is not called again. The host has set all but the message's size to
   * 0. Errors as of open(); next() is not called again then, and nothing of the object counts. */
  jetcapture_status (*next)(void *object, jetcapture_whole_message *message, uint32_t *there);

  /* [serial object] Frees the object. */
  void (*close)(void *object);

  /* [control] After every object is closed. */
  void (*destroy)(void *self);
} jetcapture_reader;

#define JETCAPTURE_READER(name)                                                             \
  JETCAPTURE_EXTERN_C JETCAPTURE_EXPORT const jetcapture_reader jetcapture_reader_1_##name; \
  const jetcapture_reader jetcapture_reader_1_##name

#ifdef __cplusplus
}
#endif

#endif
