/* All of the plug-in ABI in C. Start at abi.h; the guide is sdk/README.md (installed: share/doc/jetcapture-sdk). */
#ifndef JETCAPTURE_PLUGIN_H
#define JETCAPTURE_PLUGIN_H

#include "decoder.h"
#include "payload.h"
#include "reader.h"
#include "store.h"
#include "writer.h"

#endif
