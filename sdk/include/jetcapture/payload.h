/* The standard payloads: what a decoder hands to a writer, typed by a name with a revision.
 *
 * A plug-in may define payloads of its own under a name of its own ("com.example.trade/2"); the host only compares
 * names.
 */
#ifndef JETCAPTURE_PAYLOAD_H
#define JETCAPTURE_PAYLOAD_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The payload is a const jetcapture_message *. */
#define JETCAPTURE_PAYLOAD_MESSAGE "jetcapture.message/1"
/* The payload is a const jetcapture_record *. */
#define JETCAPTURE_PAYLOAD_RECORD "jetcapture.record/1"

/* A message as the stream holds it. Borrowed: it dies when the call that was given it returns. */
typedef struct jetcapture_message {
  uint32_t size;
  uint32_t header_count;
  jetcapture_text subject;
  jetcapture_text reply; /* empty: JetStream does not keep the publisher's reply subject */
  jetcapture_text data;
  const jetcapture_pair *headers; /* in the order of the message, repeats kept */
  jetcapture_text stream;
  jetcapture_text consumer;
  uint64_t stream_sequence;
  uint64_t consumer_sequence;
  uint64_t deliveries; /* 1: the first time */
  int64_t timestamp;   /* when the stream took it; nanoseconds since 1970, UTC */
  /* The header block as on the wire, where the headers alone do not tell its bytes; else empty. They tell them where
   * the block is "NATS/1.0\r\n", then "Name: value\r\n" for each header, then "\r\n", or where there is none. They do
   * not where a value stands in blanks, a line is folded, the first line has a status, or the block has no header. */
  jetcapture_text header_block;
} jetcapture_message;

/* The types of a record's values. The member of jetcapture_value that holds them stands first. */
enum {
  JETCAPTURE_NULL = 0,
  JETCAPTURE_FLAG = 1,      /* integer: 0 or 1 */
  JETCAPTURE_INTEGER = 2,   /* integer: signed, 64 bits */
  JETCAPTURE_UNSIGNED = 3,  /* uinteger: unsigned, 64 bits */
  JETCAPTURE_NUMBER = 4,    /* number: double */
  JETCAPTURE_TEXT = 5,      /* text: UTF-8 */
  JETCAPTURE_BYTES = 6,     /* text: any bytes */
  JETCAPTURE_TIMESTAMP = 7, /* integer: nanoseconds since 1970, UTC */
  JETCAPTURE_JSON = 8,      /* text: one JSON value, UTF-8 */
  JETCAPTURE_DECIMAL = 9,   /* text: an exact number in the grammar of JSON (RFC 8259, section 6): "-12.50", "1e400" */
  JETCAPTURE_DATE = 10,     /* integer: days since 1970-01-01 in the proleptic Gregorian calendar */
  JETCAPTURE_LIST = 11,     /* children: its elements, each of the kind of the column's only child, or null */
  JETCAPTURE_STRUCT = 12    /* children: one for each child of the column, in its order, each of that kind or null */
};

/* One value. kind may be JETCAPTURE_NULL, or otherwise that of the column; in a column of kind JETCAPTURE_NULL
 * (unknown) it may be any that has no children. A writer that does not know a kind answers JETCAPTURE_BAD_DATA with a
 * sentence that names it: more kinds may come with a later minor version. This struct is final. */
typedef struct jetcapture_value jetcapture_value;
struct jetcapture_value {
  int32_t kind;
  uint32_t reserved;
  union {
    int64_t integer;
    uint64_t uinteger;
    double number;
    jetcapture_text text;
    struct {
      const jetcapture_value *values; /* may be NULL only when count is 0 */
      uint64_t count;
    } children;
  } as;
};

/* A column's type is a tree: a list has one child, a struct one or more, every other kind none. At most
 * JETCAPTURE_MOST_NESTING levels. */
#define JETCAPTURE_MOST_NESTING 64
typedef struct jetcapture_column jetcapture_column;
struct jetcapture_column {
  uint32_t size;
  int32_t kind;         /* of its values; JETCAPTURE_NULL: each value tells its own */
  jetcapture_text name; /* of a list's child: any, usually "item" */
  const jetcapture_column *const *children;
  uint32_t child_count;
  uint32_t reserved; /* 0 */
};

/* A column without children and with a literal name: static const jetcapture_column total =
 * JETCAPTURE_COLUMN(JETCAPTURE_NUMBER, "total"); */
#define JETCAPTURE_COLUMN(kind, name) \
  { sizeof(jetcapture_column), (kind), {(name), sizeof(name) - 1}, NULL, 0, 0 }

/* The columns of records. The revision alone is the identity: the same one means the same columns, wherever the schema
 * stands, so a writer maps them once and keeps a copy of what it needs. The schema itself is borrowed as the record
 * is. */
typedef struct jetcapture_schema {
  uint32_t size;
  uint32_t column_count;
  /* Above 0, and another one for each schema of all instances in the process: a library with one constant schema says
   * 1, one that makes them takes the next of a counter that its instances share (atomic: they run on several
   * threads). */
  uint64_t revision;
  const jetcapture_column *const *columns;
} jetcapture_schema;

/* One row. Borrowed: it dies when the call that was given it returns. */
typedef struct jetcapture_record {
  uint32_t size;
  uint32_t value_count; /* as the schema's column_count */
  const jetcapture_schema *schema;
  const jetcapture_value *values;
  const jetcapture_message *message; /* what it was decoded from */
} jetcapture_record;

/* Values, kind and member together. Text stays where it is: it is not copied. */
static inline jetcapture_value jetcapture_text_value(int32_t kind, jetcapture_text text) {
  jetcapture_value value;
  value.kind = kind; /* JETCAPTURE_TEXT, JETCAPTURE_BYTES, JETCAPTURE_JSON or JETCAPTURE_DECIMAL */
  value.reserved = 0;
  value.as.text = text;
  return value;
}
static inline jetcapture_value jetcapture_null(void) {
  jetcapture_text none;
  none.data = NULL;
  none.size = 0;
  return jetcapture_text_value(JETCAPTURE_NULL, none);
}
static inline jetcapture_value jetcapture_integer(int64_t integer) {
  jetcapture_value value = jetcapture_null();
  value.kind = JETCAPTURE_INTEGER;
  value.as.integer = integer;
  return value;
}
static inline jetcapture_value jetcapture_unsigned(uint64_t integer) {
  jetcapture_value value = jetcapture_null();
  value.kind = JETCAPTURE_UNSIGNED;
  value.as.uinteger = integer;
  return value;
}
static inline jetcapture_value jetcapture_flag(int is_set) {
  jetcapture_value value = jetcapture_integer(is_set != 0);
  value.kind = JETCAPTURE_FLAG;
  return value;
}
/* An exact number, in the grammar of JSON. */
static inline jetcapture_value jetcapture_decimal(jetcapture_text digits) {
  return jetcapture_text_value(JETCAPTURE_DECIMAL, digits);
}
/* Days since 1970-01-01. */
static inline jetcapture_value jetcapture_date(int64_t days) {
  jetcapture_value value = jetcapture_integer(days);
  value.kind = JETCAPTURE_DATE;
  return value;
}
/* A list or a struct (kind). The values stay where they are: they are not copied. */
static inline jetcapture_value jetcapture_children(int32_t kind, const jetcapture_value *values, uint64_t count) {
  jetcapture_value value = jetcapture_null();
  value.kind = kind;
  value.as.children.values = values;
  value.as.children.count = count;
  return value;
}
/* Nanoseconds since 1970, UTC. */
static inline jetcapture_value jetcapture_timestamp(int64_t nanoseconds) {
  jetcapture_value value = jetcapture_integer(nanoseconds);
  value.kind = JETCAPTURE_TIMESTAMP;
  return value;
}
static inline jetcapture_value jetcapture_number(double number) {
  jetcapture_value value = jetcapture_null();
  value.kind = JETCAPTURE_NUMBER;
  value.as.number = number;
  return value;
}

/* 1 where the bytes are UTF-8 (RFC 3629), as a value of kind JETCAPTURE_TEXT has to be; 0 where they are not: give them
 * as JETCAPTURE_BYTES, or refuse the message. */
static inline int jetcapture_is_utf8(jetcapture_text text) {
  const unsigned char *byte = (const unsigned char *)text.data;
  uint64_t left = text.size;
  while (left > 0) {
    const unsigned first = byte[0];
    const unsigned length = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : (first & 0xF0) == 0xE0 ? 3 : 4;
    uint64_t i;
    if (length > left || (length == 4 && (first < 0xF0 || first > 0xF4)))
      return 0;
    for (i = 1; i < length; i++)
      if ((byte[i] & 0xC0) != 0x80)
        return 0;
    /* Overlong forms, surrogates, and what is above U+10FFFF. */
    if ((first == 0xE0 && byte[1] < 0xA0) || (first == 0xED && byte[1] > 0x9F) || (first == 0xF0 && byte[1] < 0x90) ||
        (first == 0xF4 && byte[1] > 0x8F))
      return 0;
    byte += length;
    left -= length;
  }
  return 1;
}

#ifdef __cplusplus
}
#endif

#endif
