// What Azure's error codes mean for a call, and the sentence that names what to do.
#pragma once

#include "azure/authorization.hpp"
#include "http/message.hpp"
#include "http/refusal.hpp"

#include <string>

namespace jetcapture::plugins {

// Of the header x-ms-error-code, or of the body.
std::string azure_code(const Answer &answer);

// The request or its answer suffered on the way, or something is being done to the container.
bool is_passing_in_azure(const std::string &code);

// The blob that was to be put only where there is none is there.
bool is_taken_in_azure(const Refusal &refusal);

// A right is missing, and not the credentials wrong.
bool lacks_right(const std::string &code);

// What someone has to do.
std::string azure_advice(const Answer &answer, const std::string &code, const Ask &ask, const AzurePlace &place,
                         const Authorization &authorization);

} // namespace jetcapture::plugins
