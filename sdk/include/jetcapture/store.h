/* Stores: keep finished blocks, durably, under a name. */
#ifndef JETCAPTURE_STORE_H
#define JETCAPTURE_STORE_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A finished block that is to be stored. Valid only during put(). */
typedef struct jetcapture_object jetcapture_object;
struct jetcapture_object {
  uint32_t size;
  int32_t descriptor;   /* a file to read it from with pread(); -1: it is in memory, use read() */
  jetcapture_text name; /* relative, parts joined by '/', each part safe as a file name; never empty, "." or ".." */
  uint64_t bytes;
  uint8_t sha256[32]; /* of all its bytes */
  const char *content_type;
  const char *content_encoding; /* "gzip", or "" for none */
  const jetcapture_pair *metadata;
  uint32_t metadata_count;
  uint32_t reserved;
  int64_t deadline; /* CLOCK_MONOTONIC nanoseconds: return JETCAPTURE_RETRY rather than go on past it */

  /* [any-thread] Copies up to count bytes from offset into buffer; returns how many (0 at the end), or -1 when they
   * can't be read: return JETCAPTURE_RETRY then. */
  int64_t (*read)(const jetcapture_object *object, uint64_t offset, void *buffer, uint64_t count);
};

/* Filled in by put(): where the object is, for the log ("/backup/eu/…", "s3://…"). Optional. */
typedef struct jetcapture_result jetcapture_result;
struct jetcapture_result {
  uint32_t size;
  uint32_t reserved;
  void (*set_location)(jetcapture_result *result, jetcapture_text location); /* copied */
};

/* What a store knows of an object. */
typedef struct jetcapture_object_status {
  uint32_t size;
  uint32_t exists; /* 0 or 1 */
  uint64_t bytes;
  uint32_t has_sha256; /* 0 or 1: the sha256 below was taken from the stored bytes, or verified by the service */
  uint32_t reserved;
  uint8_t sha256[32];
} jetcapture_object_status;

/* Receives the bytes of an object, or the names of a listing. A status other than JETCAPTURE_OK ends the call, with
 * that status. */
typedef struct jetcapture_visitor jetcapture_visitor;
struct jetcapture_visitor {
  uint32_t size;
  uint32_t reserved;
  jetcapture_status (*bytes)(const jetcapture_visitor *visitor, jetcapture_text bytes);
  jetcapture_status (*name)(const jetcapture_visitor *visitor, jetcapture_text name, uint64_t bytes);
};

typedef struct jetcapture_store {
  uint32_t size;
  uint32_t max_puts; /* calls of put() at the same time that it can take; 0: any number */
  const jetcapture_about *about;

  /* [control] [may block] Checks what can be checked (the folder is writable, the bucket is there). On an error *self
   * stays NULL and destroy() is not called. */
  jetcapture_status (*create)(const jetcapture_create_args *args, void **self);

  /* [concurrent <= max_puts] [may block] JETCAPTURE_OK means durable: it survives a power cut. The object appears whole
   * or not at all, replaces one of the same name, and may be put again. JETCAPTURE_RETRY: the host tries again, for as
   * long as it takes;
   * JETCAPTURE_CONFIGURATION: it tries again too, less often, and logs an error. */
  jetcapture_status (*put)(void *self, const jetcapture_object *object, jetcapture_result *result);

  /* [control] */
  void (*destroy)(void *self);

  /* The rest is optional. [concurrent] [may block] */
  jetcapture_status (*stat)(void *self, jetcapture_text name, jetcapture_object_status *status);
  jetcapture_status (*get)(void *self, jetcapture_text name, const jetcapture_visitor *visitor);
  jetcapture_status (*list)(void *self, jetcapture_text prefix, const jetcapture_visitor *visitor);
  jetcapture_status (*remove)(void *self, jetcapture_text name); /* OK also where there is none */
} jetcapture_store;

#define JETCAPTURE_STORE(name)                                                            \
  JETCAPTURE_EXTERN_C JETCAPTURE_EXPORT const jetcapture_store jetcapture_store_1_##name; \
  const jetcapture_store jetcapture_store_1_##name

#ifdef __cplusplus
}
#endif

#endif
