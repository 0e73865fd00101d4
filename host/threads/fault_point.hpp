// Places in a block's life where a test can kill the host: JETCAPTURE_FAULT_POINT="after-intent:3" ends the process, as
// by SIGKILL, when it comes there for the third time. JETCAPTURE_STOP_POINT stops it there, as by SIGSTOP, until the
// test lets it go on with SIGCONT. Only the tests' own host does that (tests/support/fault_points.cpp): elsewhere
// nothing happens.
#pragma once

namespace jetcapture::host {

void fault_point(const char *name);

} // namespace jetcapture::host
