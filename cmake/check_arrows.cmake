# cmake [-DINCLUDE=<folder that holds tessera/>] -P check_arrows.cmake
# The includes of the library against its layers:
#   - a folder includes lower layers and itself, never a higher layer or a neighbour;
#   - headers include each other without cycles;
#   - detail/ and *-inl.hpp are included by files of their own folder (or deeper) only;
#   - every include of tessera names a file that there is.
cmake_minimum_required(VERSION 3.25)
if(NOT DEFINED INCLUDE)
  get_filename_component(INCLUDE ${CMAKE_CURRENT_LIST_DIR}/../include ABSOLUTE)
endif()

# Lowest first. io and data are leaves: they know nothing of graphs.
set(layers "config.hpp error.hpp version.hpp" "meta simt" "tensor" "io data metrics" "graph" "ops" "arch"
           "model" "train" "federated distill" "zoo" "systems"
           "tessera.hpp cuda.hpp instantiate.hpp")

# Arrows that point upwards, each with its reason.
set(exceptions
  # differentiation emits the two ops that sum gradients; everything else of graph/ knows no op
  "graph/differentiate.hpp -> ops/add.hpp"
  "graph/differentiate.hpp -> ops/constant.hpp"
  # the backend specialises kernel_of, the point where programs look for kernels
  "ops/cpu/backend.hpp -> model/compile.hpp")

function(read_layer result path)
  string(REGEX REPLACE "/.*" "" top ${path})
  set(number 0)
  foreach(layer IN LISTS layers)
    string(REPLACE " " ";" layer "${layer}")
    if(top IN_LIST layer)
      set(${result} ${number} PARENT_SCOPE)
      set(top ${top} PARENT_SCOPE)
      return()
    endif()
    math(EXPR number "${number} + 1")
  endforeach()
  message(FATAL_ERROR "arrows: ${top} stands in no layer; say in check_arrows.cmake in which")
endfunction()

file(GLOB_RECURSE headers RELATIVE ${INCLUDE}/tessera ${INCLUDE}/tessera/*.hpp
     ${INCLUDE}/tessera/*.cuh ${INCLUDE}/tessera/*.h)
list(SORT headers)
set(wrong "")
set(used "")
set(arrows 0)
foreach(header IN LISTS headers)
  read_layer(from ${header})
  set(from_top ${top})
  cmake_path(GET header PARENT_PATH folder)
  set(rest_${header} "")
  file(STRINGS ${INCLUDE}/tessera/${header} lines REGEX "^[ \t]*#[ \t]*include[ \t]*[\"<]tessera/")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^[^\"<]*[\"<]tessera/([^\">]*)[\">].*" "\\1" target "${line}")
    set(arrow "${header} -> ${target}")
    math(EXPR arrows "${arrows} + 1")
    if(NOT target IN_LIST headers)
      list(APPEND wrong "${arrow}: there is no such file")
      continue()
    endif()
    list(APPEND rest_${header} ${target})
    read_layer(to ${target})
    if(NOT from GREATER to AND NOT from_top STREQUAL top
       AND NOT (from EQUAL to AND header MATCHES "^[^/]+$" AND target MATCHES "^[^/]+$"))
      if(arrow IN_LIST exceptions)
        list(APPEND used "${arrow}")
      else()
        list(APPEND wrong "${arrow}: upwards, or to a neighbour")
      endif()
    endif()
    if(target MATCHES "/detail/[^/]+$|-inl\\.hpp$")
      string(REGEX REPLACE "/(detail/)?[^/]+$" "" owner ${target})
      string(FIND "${folder}/" "${owner}/" at)
      if(NOT at EQUAL 0)
        list(APPEND wrong "${arrow}: belongs to ${owner}/ alone")
      endif()
    endif()
  endforeach()
endforeach()

foreach(arrow IN LISTS exceptions)
  if(NOT arrow IN_LIST used AND NOT DEFINED TESTING)
    list(APPEND wrong "${arrow}: an exception that nothing needs; take it off the list")
  endif()
endforeach()

# Takes away headers all of whose includes were taken away; what stays is in a cycle or above one.
set(left ${headers})
set(before -1)
list(LENGTH left count)
while(count AND NOT count EQUAL before)
  set(before ${count})
  set(kept "")
  foreach(header IN LISTS left)
    set(waits FALSE)
    foreach(target IN LISTS rest_${header})
      if(target IN_LIST left)
        set(waits TRUE)
        break()
      endif()
    endforeach()
    if(waits)
      list(APPEND kept ${header})
    endif()
  endforeach()
  set(left ${kept})
  list(LENGTH left count)
endwhile()
if(left)
  list(JOIN left " " left)
  list(APPEND wrong "a cycle among: ${left}")
endif()

list(LENGTH headers count)
if(wrong OR count EQUAL 0)
  list(JOIN wrong "\n  " wrong)
  message(FATAL_ERROR "arrows: of ${arrows} includes in ${count} headers are wrong:\n  ${wrong}")
endif()
message("${arrows} includes in ${count} headers point downwards")
