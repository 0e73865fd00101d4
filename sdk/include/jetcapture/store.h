/* Stores: keep finished blocks, durably, under a name. */
#ifndef JETCAPTURE_STORE_H
#define JETCAPTURE_STORE_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* jetcapture_object.flags */
enum {
  /* Put it only where no object has its name: an object that is there stays as it is, and put() returns
   * JETCAPTURE_EXISTS. Asked only of stores with JETCAPTURE_STORE_CREATES. */
  JETCAPTURE_CREATE_ONLY = 1
};

/* An object to be stored. Valid only during put(). */
typedef struct jetcapture_object jetcapture_object;
struct jetcapture_object {
  uint32_t size;
  uint32_t flags;       /* JETCAPTURE_CREATE_ONLY, or 0 */
  jetcapture_text name; /* relative, parts joined by '/', each part safe as a file name; never empty, "." or ".." */
  uint64_t bytes;
  uint8_t sha256[32]; /* of all its bytes */
  const char *content_type;
  const char *content_encoding; /* "gzip", or "" for none */
  const jetcapture_pair *metadata;
  uint32_t metadata_count;
  int32_t descriptor; /* a file to read it from with pread(), see below; -1: there is none, use read() */
  int64_t deadline;   /* CLOCK_MONOTONIC nanoseconds: return JETCAPTURE_RETRY rather than go on past it */

  /* [any-thread] Copies up to count bytes from offset into buffer; returns how many (0 at the end), or -1 when they
   * can't be read: return JETCAPTURE_RETRY then. */
  int64_t (*read)(const jetcapture_object *object, uint64_t offset, void *buffer, uint64_t count);

  /* The file of descriptor is a regular one that has the object's bytes and no others. The host writes nothing to it
   * any more, and puts the object again from the same file after a put() that failed. So the store leaves its bytes,
   * and the descriptor's offset, as they are, and does not close the descriptor.
   *
   * With JETCAPTURE_STORE_TAKES_FILES a store may make a file that has no name (st_nlink is 0) the object, instead of
   * copying it: give it a name with linkat(), by way of /proc/self/fd. It may then change its permissions, its owner
   * and its attributes, sync it, and lock it by an open() of its own. A file that has a name is copied: that name may
   * be what an earlier put() left. */
};

/* Filled in by put(): where the object is, for the log ("/backup/eu/…", "s3://…"). Optional. */
typedef struct jetcapture_result jetcapture_result;
struct jetcapture_result {
  uint32_t size;
  uint32_t reserved;
  void (*set_location)(jetcapture_result *result, jetcapture_text location); /* copied */
};

/* Where the hash of a jetcapture_object_status comes from. */
enum {
  JETCAPTURE_HASH_NONE = 0,    /* there is none */
  JETCAPTURE_HASH_CLAIMED = 1, /* put() wrote it beside the object: it says what was put, and proves nothing of the
                                * bytes that are there */
  JETCAPTURE_HASH_VERIFIED = 2 /* taken from the stored bytes now, or by the service when it received them */
};

/* What a store knows of an object. The host sets all but size to 0 before it asks. */
typedef struct jetcapture_object_status {
  uint32_t size;
  uint32_t exists; /* 0 or 1; the rest is read only with 1 */
  uint64_t bytes;
  uint32_t hash_source; /* JETCAPTURE_HASH_… */
  uint32_t reserved;
  uint8_t sha256[32];
} jetcapture_object_status;

/* Receives the bytes of an object, in order, or the names of a listing. A status other than JETCAPTURE_OK ends the
 * call, which returns that status. */
typedef struct jetcapture_visitor jetcapture_visitor;
struct jetcapture_visitor {
  uint32_t size;
  uint32_t reserved;
  jetcapture_status (*bytes)(const jetcapture_visitor *visitor, jetcapture_text bytes);
  jetcapture_status (*name)(const jetcapture_visitor *visitor, jetcapture_text name, uint64_t bytes);
};

/* jetcapture_store.flags */
enum {
  /* put() knows JETCAPTURE_CREATE_ONLY. A service behind the store may still lack it: the host tries before it relies
   * on it. */
  JETCAPTURE_STORE_CREATES = 1,
  /* Where it can, put() makes the file of an object's descriptor the object itself. The host then gives large objects
   * that are not in memory such a file, on the file system where it keeps blocks. */
  JETCAPTURE_STORE_TAKES_FILES = 2
};

/* What every function may return, beside what it says itself:
 *   JETCAPTURE_RETRY          it may work later. The host asks again, for as long as it takes.
 *   JETCAPTURE_CONFIGURATION  someone has to act. The host asks again too, and logs an error.
 *   JETCAPTURE_FATAL          the instance can't go on. The host asks nothing more, and ends the run; what is not
 *                             stored goes back to the stream.
 * A status that a function does not name is taken as JETCAPTURE_FATAL. */
typedef struct jetcapture_store {
  uint32_t size;
  uint32_t flags; /* JETCAPTURE_STORE_… */
  const jetcapture_about *about;

  /* [control] [may block] Checks what can be checked (the folder is writable, the bucket is there). On an error *self
   * stays NULL and destroy() is not called. */
  jetcapture_status (*create)(const jetcapture_create_args *args, void **self);

  /* [concurrent <= max_puts()] [may block]
   *   JETCAPTURE_OK        durable: it survives a power cut. The object appeared whole and at once; it replaced one of
   *                        the same name, or with JETCAPTURE_CREATE_ONLY there was none. The same object may be put
   *                        again.
   *   JETCAPTURE_EXISTS    only with JETCAPTURE_CREATE_ONLY: an object of that name is there, durable, and was not
   *                        touched. Of several writers at once, in any process on any machine, one at most gets
   *                        JETCAPTURE_OK. It may also be this writer's own object, of an earlier put or try whose
   *                        answer was lost: compare what is there.
   *   JETCAPTURE_BAD_DATA  the bytes that were read are not those that the object's size and hash announce: the host's
   *                        own copy is damaged. Nothing was stored. The host ends the run, and the messages go back to
   *                        the stream.
   * After JETCAPTURE_RETRY and JETCAPTURE_CONFIGURATION the object may be there all the same, whole, where an answer
   * was lost. */
  jetcapture_status (*put)(void *self, const jetcapture_object *object, jetcapture_result *result);

  /* [control] */
  void (*destroy)(void *self);

  /* The rest is optional. [concurrent] [may block] */

  /* JETCAPTURE_OK, also where there is no such object: exists is 0 then. */
  jetcapture_status (*stat)(void *self, jetcapture_text name, jetcapture_object_status *status);

  /* The bytes from offset on, count of them or as many as there are; count UINT64_MAX: to the end. From the end on
   * there are none, and it is JETCAPTURE_OK. JETCAPTURE_NOT_FOUND: there is no such object. */
  jetcapture_status (*get)(void *self, jetcapture_text name, uint64_t offset, uint64_t count,
                           const jetcapture_visitor *visitor);

  /* The names that begin with prefix and are greater than after ("": from the first), in ascending order of their
   * bytes, each with its size; limit of them at most (0: all). So a next page begins after the last name of the one
   * before. What is put or removed meanwhile may be in it or not. */
  jetcapture_status (*list)(void *self, jetcapture_text prefix, jetcapture_text after, uint64_t limit,
                            const jetcapture_visitor *visitor);

  /* JETCAPTURE_OK also where there is none. */
  jetcapture_status (*remove)(void *self, jetcapture_text name);

  /* [control] How many calls of put() at the same time this instance can take; 0, or without this function: any number.
   * Asked once, after create(). */
  uint32_t (*max_puts)(void *self);
} jetcapture_store;

#define JETCAPTURE_STORE(name)                                                            \
  JETCAPTURE_EXTERN_C JETCAPTURE_EXPORT const jetcapture_store jetcapture_store_1_##name; \
  const jetcapture_store jetcapture_store_1_##name

#ifdef __cplusplus
}
#endif

#endif
