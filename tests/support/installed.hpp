// What tests/support/services.sh installs for tests, below ${XDG_CACHE_HOME:-~/.cache}/jetcapture-tests.
#pragma once

#include <filesystem>
#include <string>

namespace jetcapture::test {

// The folder of a service: versitygw, azurite, nats-server-current, nats-server-middle.
std::filesystem::path installed_folder(const std::string &service);

// Why it is not there, in words.
std::string why_missing(const std::string &service);

// CI=true: a test that can't run fails, and is not skipped.
bool in_ci();

} // namespace jetcapture::test
