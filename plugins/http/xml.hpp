// As much XML as the answers of storage services have: elements with text or elements in them. Attributes, comments and
// CDATA are passed over or not known; no entity but the five of XML and numbers is resolved, so nothing grows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::plugins {

// What is between the tags of each element of that name, in order; not of elements inside such an element.
std::vector<std::string_view> xml_elements(std::string_view xml, std::string_view name);

// The text of the first element of that name, unescaped; "" where there is none.
std::string xml_text(std::string_view xml, std::string_view name);

std::string xml_escaped(std::string_view text);

} // namespace jetcapture::plugins
