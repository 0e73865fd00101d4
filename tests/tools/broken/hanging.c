/* Two decoders whose library never finishes to load. */
#include <jetcapture/plugin.h>

#include <unistd.h>

__attribute__((constructor)) static void hang(void) {
  for (;;)
    pause();
}

JETCAPTURE_DECODER(hanging) = {sizeof(jetcapture_decoder)};
JETCAPTURE_DECODER(hanging_too) = {sizeof(jetcapture_decoder)};
