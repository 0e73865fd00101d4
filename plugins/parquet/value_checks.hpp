// What a decoder gave, looked at before it is followed: a plug-in with a mistake shall cost a message, not the capture.
#pragma once

#include "jetcapture/payload.h"

namespace jetcapture::plugins {

// For each schema once. Throws BadData: columns that are not there, names that are not UTF-8, kinds that are not known,
// trees that payload.h does not allow.
void check_schema(const jetcapture_schema *schema);

// A value of that column, down to its leaves. The schema has passed check_schema(). Throws BadData for what no column
// of a file can hold.
void check_value(const jetcapture_value &value, const jetcapture_column &column);

} // namespace jetcapture::plugins
