// Blocks for a model of the core: their parts stand beside them.
#pragma once

#include "blocks/block.hpp"
#include "blocks/block_body.hpp"
#include "delivery/era.hpp"
#include "jetcapture/payload.h"
#include "log/log.hpp"

#include <memory>
#include <string>

namespace jetcapture::test {

std::shared_ptr<host::BlockBody> no_bytes();
host::Log &no_log();
std::string encoded_key(const std::string &key);
// several: in how many blocks the message is.
void add_message(host::SealedBlock &block, const jetcapture_message &message, host::Era era, std::size_t several);

} // namespace jetcapture::test
