# jetcapture_add_plugin(NAME SOURCE…): a plug-in NAME.so, as the host wants it: hidden symbols, no "lib" prefix, nothing left
# undefined. `cmake --install` puts it where the host of the same prefix looks, lib/jetcapture; JETCAPTURE_PLUGIN_INSTALL_DIRECTORY
# changes that, and an empty one leaves it out. Its component is JETCAPTURE_PLUGIN_COMPONENT (host). Link what it needs with target_link_libraries(NAME PRIVATE …).
if(NOT DEFINED JETCAPTURE_PLUGIN_INSTALL_DIRECTORY)
  set(JETCAPTURE_PLUGIN_INSTALL_DIRECTORY lib/jetcapture)
endif()
if(NOT DEFINED JETCAPTURE_PLUGIN_COMPONENT)
  set(JETCAPTURE_PLUGIN_COMPONENT ${JETCAPTURE_PLUGIN_COMPONENT})
endif()

function(jetcapture_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE jetcapture::sdk)
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX .so C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
                                           VISIBILITY_INLINES_HIDDEN ON)
  target_link_options(${name} PRIVATE -Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  # Sanitizers leave their own functions to the program.
  if(NOT JETCAPTURE_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  if(JETCAPTURE_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${JETCAPTURE_PLUGIN_OUTPUT_DIRECTORY})
  endif()
  if(JETCAPTURE_PLUGIN_INSTALL_DIRECTORY)
    if(NOT JETCAPTURE_PLUGIN_COMPONENT)
      set(JETCAPTURE_PLUGIN_COMPONENT host)
    endif()
    install(TARGETS ${name} LIBRARY DESTINATION ${JETCAPTURE_PLUGIN_INSTALL_DIRECTORY} COMPONENT ${JETCAPTURE_PLUGIN_COMPONENT})
  endif()
endfunction()
