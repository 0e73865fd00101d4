# jetcapture_add_plugin(NAME SOURCE…): a plug-in NAME.so, as the host wants it: hidden symbols, no "lib" prefix, nothing left
# undefined, put where the host finds it. Link what it needs with target_link_libraries(NAME PRIVATE …).

function(jetcapture_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE jetcapture::sdk)
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX .so C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
                                           VISIBILITY_INLINES_HIDDEN ON)
  target_link_options(${name} PRIVATE -Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  if(NOT JETCAPTURE_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  if(JETCAPTURE_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${JETCAPTURE_PLUGIN_OUTPUT_DIRECTORY})
  endif()
endfunction()
