# tessera_find_dependencies(TARGET): the header libraries that files of a user may include through
# tessera. Each is looked for softly: without it only the files that use it fail to compile.

function(tessera_find_dependencies target)
  foreach(dependency IN ITEMS highway)
    list(GET ${dependency} 0 header)
    list(GET ${dependency} 1 name)
    list(GET ${dependency} 2 use)
    string(TOUPPER TESSERA_${dependency}_INCLUDE variable)
    find_path(${variable} ${header} DOC "Folder that holds ${header}")
    mark_as_advanced(${variable})
    if(NOT ${variable})
      message(STATUS "tessera: ${name} not found; needed for ${use} "
                     "(<${header}>; set ${variable} to its folder)")
    elseif(NOT ${variable} IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
      target_include_directories(${target} SYSTEM INTERFACE $<BUILD_INTERFACE:${${variable}}>)
    endif()
  endforeach()
endfunction()
