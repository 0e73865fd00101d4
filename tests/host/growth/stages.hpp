// The stages of a simulated capture. The data of a message says what becomes of it: "" is filtered, "!…" can't be
// decoded, and "a,b:…" goes to the keys a and b.
#pragma once

#include "jetcapture/plugin.h"

#include <atomic>

JETCAPTURE_EXTERN_C const jetcapture_decoder jetcapture_decoder_1_simulated;
JETCAPTURE_EXTERN_C const jetcapture_writer jetcapture_writer_1_simulated;
JETCAPTURE_EXTERN_C const jetcapture_store jetcapture_store_1_simulated;

namespace jetcapture::test {

// While it is set, the store fails. One store a process.
extern std::atomic<bool> store_fails;

} // namespace jetcapture::test
