/* The layout of the ABI as it was published. A line that does not compile any more is a broken promise: add at the end
 * of a struct, and a line here, and change none. */
#include <jetcapture/plugin.h>

#define FIELD(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #type "." #field " has moved")
#define SIZE(type, bytes) _Static_assert(sizeof(type) >= (bytes), #type " has shrunk")
#define FINAL(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " is final")

FINAL(jetcapture_text, 16);
FINAL(jetcapture_pair, 32);
FINAL(jetcapture_value, 24);

FIELD(jetcapture_host, size, 0);
FIELD(jetcapture_host, abi_minor, 4);
FIELD(jetcapture_host, log, 8);
FIELD(jetcapture_host, fail, 16);
FIELD(jetcapture_host, cancelled, 24);
FIELD(jetcapture_host, extension, 32);
SIZE(jetcapture_host, 40);

FIELD(jetcapture_memory, size, 0);
FIELD(jetcapture_memory, get, 8);
FIELD(jetcapture_memory, set, 16);
SIZE(jetcapture_memory, 24);

FIELD(jetcapture_option, kind, 4);
FIELD(jetcapture_option, flags, 8);
FIELD(jetcapture_option, name, 16);
FIELD(jetcapture_option, default_value, 24);
FIELD(jetcapture_option, choices, 32);
FIELD(jetcapture_option, help, 40);
SIZE(jetcapture_option, 48);

FIELD(jetcapture_setting, kind, 4);
FIELD(jetcapture_setting, present, 8);
FIELD(jetcapture_setting, given, 12);
FIELD(jetcapture_setting, name, 16);
FIELD(jetcapture_setting, text, 24);
FIELD(jetcapture_setting, integer, 40);
FIELD(jetcapture_setting, number, 48);
FIELD(jetcapture_setting, list, 56);
FIELD(jetcapture_setting, list_count, 64);
SIZE(jetcapture_setting, 72);

FIELD(jetcapture_about, needs_minor, 4);
FIELD(jetcapture_about, name, 8);
FIELD(jetcapture_about, version, 16);
FIELD(jetcapture_about, summary, 24);
FIELD(jetcapture_about, options, 32);
SIZE(jetcapture_about, 40);

FIELD(jetcapture_create_args, setting_count, 4);
FIELD(jetcapture_create_args, host, 8);
FIELD(jetcapture_create_args, settings, 16);
FIELD(jetcapture_create_args, payload, 24);
FIELD(jetcapture_create_args, check_only, 32);
FIELD(jetcapture_create_args, may_be_read_only, 36);
SIZE(jetcapture_create_args, 40);

FIELD(jetcapture_message, header_count, 4);
FIELD(jetcapture_message, subject, 8);
FIELD(jetcapture_message, reply, 24);
FIELD(jetcapture_message, data, 40);
FIELD(jetcapture_message, headers, 56);
FIELD(jetcapture_message, stream, 64);
FIELD(jetcapture_message, consumer, 80);
FIELD(jetcapture_message, stream_sequence, 96);
FIELD(jetcapture_message, consumer_sequence, 104);
FIELD(jetcapture_message, deliveries, 112);
FIELD(jetcapture_message, timestamp, 120);
FIELD(jetcapture_message, header_block, 128);
SIZE(jetcapture_message, 144);

FIELD(jetcapture_column, kind, 4);
FIELD(jetcapture_column, name, 8);
FIELD(jetcapture_column, children, 24);
FIELD(jetcapture_column, child_count, 32);
SIZE(jetcapture_column, 40);
FIELD(jetcapture_schema, column_count, 4);
FIELD(jetcapture_schema, revision, 8);
FIELD(jetcapture_schema, columns, 16);
FIELD(jetcapture_record, value_count, 4);
FIELD(jetcapture_record, schema, 8);
FIELD(jetcapture_record, values, 16);
FIELD(jetcapture_record, message, 24);
SIZE(jetcapture_record, 32);

FIELD(jetcapture_item, key_count, 4);
FIELD(jetcapture_item, key, 8);
FIELD(jetcapture_item, payload, 16);
FIELD(jetcapture_item, event_time, 24);
FIELD(jetcapture_sink, emit, 8);
FIELD(jetcapture_decoder, about, 8);
FIELD(jetcapture_decoder, produces, 16);
FIELD(jetcapture_decoder, create, 24);
FIELD(jetcapture_decoder, decode, 32);
FIELD(jetcapture_decoder, destroy, 40);

FIELD(jetcapture_out, cursor, 8);
FIELD(jetcapture_out, end, 16);
FIELD(jetcapture_out, more, 24);
FIELD(jetcapture_block_info, key_count, 4);
FIELD(jetcapture_block_info, key, 8);
FIELD(jetcapture_block_info, stream, 16);
FIELD(jetcapture_block_info, interval_start, 32);
FIELD(jetcapture_block_info, interval_end, 40);
FIELD(jetcapture_writer, flags, 4);
FIELD(jetcapture_writer, about, 8);
FIELD(jetcapture_writer, accepts, 16);
FIELD(jetcapture_writer, suffix, 24);
FIELD(jetcapture_writer, content_type, 32);
FIELD(jetcapture_writer, create, 40);
FIELD(jetcapture_writer, open, 48);
FIELD(jetcapture_writer, write, 56);
FIELD(jetcapture_writer, finish, 64);
FIELD(jetcapture_writer, close, 72);
FIELD(jetcapture_writer, destroy, 80);
FIELD(jetcapture_writer, pending, 88);
FIELD(jetcapture_writer, mark, 96);
FIELD(jetcapture_writer, rollback, 104);
FIELD(jetcapture_writer, facts, 112);
FIELD(jetcapture_writer_facts, flags, 4);
FIELD(jetcapture_writer_facts, suffix, 8);
FIELD(jetcapture_writer_facts, content_type, 16);

FIELD(jetcapture_object, flags, 4);
FIELD(jetcapture_object, name, 8);
FIELD(jetcapture_object, bytes, 24);
FIELD(jetcapture_object, sha256, 32);
FIELD(jetcapture_object, content_type, 64);
FIELD(jetcapture_object, content_encoding, 72);
FIELD(jetcapture_object, metadata, 80);
FIELD(jetcapture_object, metadata_count, 88);
FIELD(jetcapture_object, descriptor, 92);
FIELD(jetcapture_object, deadline, 96);
FIELD(jetcapture_object, read, 104);
FIELD(jetcapture_result, set_location, 8);
FIELD(jetcapture_object_status, exists, 4);
FIELD(jetcapture_object_status, bytes, 8);
FIELD(jetcapture_object_status, hash_source, 16);
FIELD(jetcapture_object_status, sha256, 24);
FIELD(jetcapture_visitor, bytes, 8);
FIELD(jetcapture_visitor, name, 16);
FIELD(jetcapture_store, flags, 4);
FIELD(jetcapture_store, about, 8);
FIELD(jetcapture_store, create, 16);
FIELD(jetcapture_store, put, 24);
FIELD(jetcapture_store, destroy, 32);
FIELD(jetcapture_store, stat, 40);
FIELD(jetcapture_store, get, 48);
FIELD(jetcapture_store, list, 56);
FIELD(jetcapture_store, remove, 64);
FIELD(jetcapture_store, max_puts, 72);

_Static_assert(JETCAPTURE_OK == 0 && JETCAPTURE_RETRY == 1 && JETCAPTURE_BAD_DATA == 2 &&
                   JETCAPTURE_CONFIGURATION == 3 && JETCAPTURE_FATAL == 4 && JETCAPTURE_NEXT_BLOCK == 5 &&
                   JETCAPTURE_EXISTS == 6 && JETCAPTURE_NOT_FOUND == 7,
               "a status has changed");
_Static_assert(JETCAPTURE_NULL == 0 && JETCAPTURE_FLAG == 1 && JETCAPTURE_INTEGER == 2 && JETCAPTURE_UNSIGNED == 3 &&
                   JETCAPTURE_NUMBER == 4 && JETCAPTURE_TEXT == 5 && JETCAPTURE_BYTES == 6 &&
                   JETCAPTURE_TIMESTAMP == 7 && JETCAPTURE_JSON == 8 && JETCAPTURE_DECIMAL == 9 &&
                   JETCAPTURE_DATE == 10 && JETCAPTURE_LIST == 11 && JETCAPTURE_STRUCT == 12,
               "a kind of value has changed");
_Static_assert(JETCAPTURE_HASH_NONE == 0 && JETCAPTURE_HASH_CLAIMED == 1 && JETCAPTURE_HASH_VERIFIED == 2,
               "a source of a hash has changed");
_Static_assert(JETCAPTURE_OPTION_TEXT == 1 && JETCAPTURE_OPTION_INTEGER == 2 && JETCAPTURE_OPTION_NUMBER == 3 &&
                   JETCAPTURE_OPTION_FLAG == 4 && JETCAPTURE_OPTION_DURATION == 5 && JETCAPTURE_OPTION_SIZE == 6 &&
                   JETCAPTURE_OPTION_PATH == 7 && JETCAPTURE_OPTION_CHOICE == 8 && JETCAPTURE_OPTION_LIST == 9,
               "a kind of option has changed");
_Static_assert(JETCAPTURE_OPTION_REQUIRED == 1 && JETCAPTURE_OPTION_SECRET == 2 && JETCAPTURE_WRITER_COMPRESSES == 1 &&
                   JETCAPTURE_CREATE_ONLY == 1 && JETCAPTURE_STORE_CREATES == 1 && JETCAPTURE_STORE_TAKES_FILES == 2,
               "a flag has changed");
