/* jetcapture plug-in ABI, version 1: what every kind of stage shares.
 *
 * A stage is a decoder, a writer, a store or a reader. A plug-in is a shared library (.so) that exports one constant
 * description per stage; the host finds it by its symbol, without running code, and calls the functions that it points
 * to.
 *
 * Rules for every function and struct:
 *   - Nothing allocated on one side is freed on the other.
 *   - Text is a pointer and a length, UTF-8, and not terminated unless its type is `const char *`.
 *   - Every struct that the other side reads starts with its size in bytes. New fields come only at the end; read no
 *     field past the size that the other side gave (JETCAPTURE_HAS).
 *   - No exception and no longjmp may leave a plug-in's function. The C++ layer (plugin.hpp) sees to it.
 *   - Functions marked optional may be NULL.
 *   - A number that says yes or no is 0 or 1, and reserved fields are 0.
 *
 * A plug-in is a guest in the host's process, beside other plug-ins. It does not end the process, install signal
 * handlers, change signal masks of threads that are not its own, or fork without an exec after it. It leaves working
 * directory, umask, locale, environment, resource limits and user as they are, closes no descriptor that it has not
 * opened, opens its own with O_CLOEXEC, and writes nothing to standard output or standard error: host->log() is for
 * that. Threads of its own end before destroy() returns, and block all signals.
 *
 * Tags on functions say who calls them, and what never happens at the same time:
 *   [control]          the host's control thread, one call at a time, while nothing else of the instance runs
 *   [serial instance]  one call of the instance at a time; the thread may change between calls
 *   [serial block]     one call of the block at a time; other blocks of the instance may run on other threads
 *   [serial object]    the same of an object that is read
 *   [concurrent]       several calls at once, on any threads
 *   [any-thread]       callable from any thread at any time
 *   [may block]        may wait for disk or network; all others should return at once
 *
 * What is meant to come later, and what it needs not to break a plug-in of today:
 *   - Batches of messages for a decoder, reconfiguration and renewal of secrets while running: functions at the end of
 *     a description, or a description under a symbol of its own. A host calls what it finds, and asks nothing of the
 *     others.
 *   - Metrics of a plug-in: an extension of the host, asked for by its id through host->extension().
 *   - Columns as a whole (the Arrow C Data interface) instead of records: a payload type, agreed on by its name as any
 *     other; host and stages of today need not know it.
 *   - An entry function for languages that can't export constant data with pointers in it: one more symbol for the same
 *     description, which the host would call where it does not find the constant.
 */
#ifndef JETCAPTURE_ABI_H
#define JETCAPTURE_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The major version is part of every exported symbol. The minor version counts additions. */
#define JETCAPTURE_ABI_MAJOR 1
#define JETCAPTURE_ABI_MINOR 0

#if defined(__GNUC__)
#define JETCAPTURE_EXPORT __attribute__((visibility("default")))
#else
#define JETCAPTURE_EXPORT
#endif

/* Declares an exported symbol with C linkage, from C and C++. */
#ifdef __cplusplus
#define JETCAPTURE_EXTERN_C extern "C"
#else
#define JETCAPTURE_EXTERN_C extern
#endif

/* True when the struct behind pointer p, of the given type, is large enough to have the field. */
#define JETCAPTURE_HAS(p, type, field) ((p)->size >= offsetof(type, field) + sizeof((p)->field))

/* Borrowed text or bytes. data may be NULL only when size is 0. This struct is final. */
typedef struct jetcapture_text {
  const char *data;
  uint64_t size;
} jetcapture_text;

/* A name with a value: a header of a message, an entry of metadata. This struct is final. */
typedef struct jetcapture_pair {
  jetcapture_text name;
  jetcapture_text value;
} jetcapture_pair;

/* What a function returns. What each status means is said at each function; one that is not named there, or unknown, is
 * taken as JETCAPTURE_FATAL. With every status other than JETCAPTURE_OK, give a sentence through host->fail(). */
typedef int32_t jetcapture_status;
enum {
  JETCAPTURE_OK = 0,
  JETCAPTURE_RETRY = 1,         /* not now: the host calls again later, for as long as it takes */
  JETCAPTURE_BAD_DATA = 2,      /* this message or payload can't be used: the host quarantines the message */
  JETCAPTURE_CONFIGURATION = 3, /* a setting is wrong, or a permission is missing: someone has to act */
  JETCAPTURE_FATAL = 4,         /* the instance can't go on: the host stops */
  JETCAPTURE_NEXT_BLOCK = 5,    /* writers only: it does not fit into this block, but into a new one */
  JETCAPTURE_EXISTS = 6,        /* stores only: an object of that name is there, and was not replaced */
  JETCAPTURE_NOT_FOUND = 7      /* stores only: there is no object of that name */
};

enum { JETCAPTURE_LOG_DEBUG = 0, JETCAPTURE_LOG_INFO = 1, JETCAPTURE_LOG_WARN = 2, JETCAPTURE_LOG_ERROR = 3 };

/* What the host offers. It outlives every instance that was given it. */
typedef struct jetcapture_host jetcapture_host;
struct jetcapture_host {
  uint32_t size;
  uint32_t abi_minor; /* the JETCAPTURE_ABI_MINOR that the host was built with */

  /* [any-thread] Writes one log line under the stage's name. The text is copied, and cut after 16 KiB; an unknown level
   * counts as an error. Never log secrets. */
  void (*log)(const jetcapture_host *host, int32_t level, jetcapture_text line);

  /* [any-thread] Keeps the sentence as the reason of the error that the calling thread is about to return, and returns
   * the status: `return host->fail(host, JETCAPTURE_BAD_DATA, text)`. The text is copied, and cut after 4 KiB. */
  jetcapture_status (*fail)(const jetcapture_host *host, jetcapture_status status, jetcapture_text sentence);

  /* [any-thread] Non-zero once the host wants to end soon: a function that waits should return JETCAPTURE_RETRY. */
  int32_t (*cancelled)(const jetcapture_host *host);

  /* [any-thread] An addition by its id ("jetcapture.x/1"), or NULL where the host does not have it. The id says the
   * type. */
  const void *(*extension)(const jetcapture_host *host, const char *id);
};

/* The extension JETCAPTURE_MEMORY, a const jetcapture_memory *: a text that the host keeps for the stage in the state
 * directory of its capture (stream and consumer), also over restarts. All instances of a stage share it. The host does
 * not have it where nothing is captured: with --check, `jetcapture try` and `jetcapture check-plugin`. A later host may
 * keep the text elsewhere, such as in manifests beside the blocks. */
#define JETCAPTURE_MEMORY "jetcapture.memory/1"
#define JETCAPTURE_MOST_MEMORY (1u << 20) /* bytes */
typedef struct jetcapture_memory jetcapture_memory;
struct jetcapture_memory {
  uint32_t size;
  uint32_t reserved; /* 0 */

  /* [any-thread] [may block] The text that was kept last; empty where there is none. It stays valid until the calling
   * thread asks again, or ends. */
  jetcapture_text (*get)(const jetcapture_memory *memory);

  /* [any-thread] [may block] Replaces it by another text, of at most JETCAPTURE_MOST_MEMORY bytes. After JETCAPTURE_OK
   * that is durable. With every other status the old text stays, and the host's log says why. */
  jetcapture_status (*set)(const jetcapture_memory *memory, jetcapture_text text);
};

/* The kinds of option. The host parses and checks; the plug-in gets values. */
enum {
  JETCAPTURE_OPTION_TEXT = 1,
  JETCAPTURE_OPTION_INTEGER = 2,  /* signed, 64 bits */
  JETCAPTURE_OPTION_NUMBER = 3,   /* double, finite */
  JETCAPTURE_OPTION_FLAG = 4,     /* true, false, yes, no, on, off, 1, 0 */
  JETCAPTURE_OPTION_DURATION = 5, /* "90s", "15m", "1h30m"; nanoseconds, not negative */
  JETCAPTURE_OPTION_SIZE = 6,     /* "10MB", "64KiB"; bytes */
  JETCAPTURE_OPTION_PATH = 7,     /* a file or folder, as text */
  JETCAPTURE_OPTION_CHOICE = 8,   /* one of choices */
  JETCAPTURE_OPTION_LIST = 9      /* comma-separated texts; where it is given again, more of them */
};

enum {
  JETCAPTURE_OPTION_REQUIRED = 1, /* no default; the host refuses to start without it */
  JETCAPTURE_OPTION_SECRET = 2    /* never shown in logs or help; may be read from a file: NAME=@/path */
};

/* Describes one option of a stage. Constant, lives as long as the library. */
typedef struct jetcapture_option {
  uint32_t size;
  int32_t kind;
  uint32_t flags;
  uint32_t reserved;          /* 0 */
  const char *name;           /* [a-z][a-z0-9-]* */
  const char *default_value;  /* as a user would write it; NULL: none */
  const char *const *choices; /* NULL-terminated, for JETCAPTURE_OPTION_CHOICE; else NULL */
  const char *help;           /* one sentence */
} jetcapture_option;

/* One option's value: as given by the user, or as the default says. */
typedef struct jetcapture_setting {
  uint32_t size;
  int32_t kind;     /* as the option's */
  uint32_t present; /* 0: neither given nor a default; the value is empty */
  uint32_t given;   /* 1: given by the user */
  const char *name;
  jetcapture_text text; /* text, path, choice; of the others, as written. data is NUL-terminated. */
  int64_t integer;      /* integer; flag as 0 or 1; duration in nanoseconds; size in bytes */
  double number;        /* number */
  const jetcapture_text *list;
  uint64_t list_count;
} jetcapture_setting;

/* What every description says of its stage. Constant, lives as long as the library. */
typedef struct jetcapture_about {
  uint32_t size;
  uint32_t needs_minor;                    /* the oldest JETCAPTURE_ABI_MINOR of a host that this stage works with */
  const char *name;                        /* as in the symbol: [a-z][a-z0-9_]* */
  const char *version;                     /* of the plug-in */
  const char *summary;                     /* one line */
  const jetcapture_option *const *options; /* NULL-terminated; NULL: none */
} jetcapture_about;

/* What create() is given. It and all it points to, except host, dies when create() returns. */
typedef struct jetcapture_create_args {
  uint32_t size;
  uint32_t setting_count;
  const jetcapture_host *host;
  const jetcapture_setting *const *settings; /* one for each option, in the order of the description */
  const char *payload;                       /* the agreed payload type; NULL for a store or a reader */
  /* 1: the host only checks (--check), and destroys the instance at once. Find out what create() can, such as
   * permission and room to write, and make or change nothing. */
  uint32_t check_only;
  /* 1, of a store, and only with check_only: a command opens what is there. That nothing can be written is no reason to
   * refuse: it reads, or finds out when it writes. */
  uint32_t may_be_read_only;
} jetcapture_create_args;

/* The setting of that name. NULL only when the description has no such option. */
static inline const jetcapture_setting *jetcapture_get(const jetcapture_create_args *args, const char *name) {
  uint32_t i;
  for (i = 0; i < args->setting_count; i++) {
    const char *a = args->settings[i]->name;
    const char *b = name;
    while (*a != '\0' && *a == *b) {
      a++;
      b++;
    }
    if (*a == *b)
      return args->settings[i];
  }
  return NULL;
}

/* A jetcapture_text of a NUL-terminated string. */
static inline jetcapture_text jetcapture_text_of(const char *terminated) {
  jetcapture_text text;
  text.data = terminated;
  text.size = 0;
  while (terminated != NULL && terminated[text.size] != '\0')
    text.size++;
  return text;
}

/* host->fail() with a NUL-terminated sentence. */
static inline jetcapture_status jetcapture_fail(const jetcapture_host *host, jetcapture_status status,
                                                const char *sentence) {
  return host->fail(host, status, jetcapture_text_of(sentence));
}

#ifdef __cplusplus
}
#endif

#endif
