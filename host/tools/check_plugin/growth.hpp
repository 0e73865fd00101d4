// Whether work that is repeated leaves memory behind.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace jetcapture::host {

// Bytes that malloc has given out.
std::size_t heap_in_use();

// Does units of work in batches, on threads of its own, one after the other, some of them before it measures. fail()s
// where each unit leaves bytes behind: by the median of what the batches leave, so that a table or a cache that is
// filled at some time does not count.
// unit: what one is, for the sentence ("instance"); why: what is wrong then.
void require_no_growth(unsigned units, const std::function<void(unsigned count)> &work, const std::string &unit,
                       const std::string &why);

} // namespace jetcapture::host
