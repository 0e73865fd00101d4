/* Between description.c, which the host sees, and lines.go, which does the work. */
#include <jetcapture/plugin.h>

/* Emits one record. What a record points to is made in C: C must not be given memory of Go that has pointers in it. */
jetcapture_status go_lines_emit(const jetcapture_sink *sink, const jetcapture_message *message, uint64_t number,
                                jetcapture_text line);
jetcapture_status go_lines_fail(const jetcapture_host *host, jetcapture_status status, const char *data, uint64_t size);
