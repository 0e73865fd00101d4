#include "threads/fault_point.hpp"

namespace jetcapture::host {

void fault_point(const char *) {}

} // namespace jetcapture::host
