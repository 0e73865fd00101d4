/* What plug-ins of this folder share that are sound but for one thing: an instance without a state, and a writer's
 * block that is its output alone. Both are freed by free(). */
#ifndef SIMPLE_H
#define SIMPLE_H

#include <jetcapture/plugin.h>

#include <stdlib.h>

static inline jetcapture_status create(const jetcapture_create_args *args, void **self) {
  (void)args;
  *self = malloc(1);
  return JETCAPTURE_OK;
}

static inline jetcapture_status open_block(void *self, const jetcapture_block_info *info, jetcapture_out *out,
                                           void **block) {
  jetcapture_out **made = malloc(sizeof *made);
  (void)self;
  (void)info;
  *made = out;
  *block = made;
  return JETCAPTURE_OK;
}

static inline jetcapture_out *out_of(void *block) {
  return *(jetcapture_out **)block;
}

static inline jetcapture_status finish(void *block) {
  (void)block;
  return JETCAPTURE_OK;
}

#endif
