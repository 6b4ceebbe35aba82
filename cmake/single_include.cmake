# cmake -P cmake/single_include.cmake: writes build/single_include/tessera.hpp, the whole of
# <tessera/tessera.hpp> in one file, for online compilers. -DHEADER=... starts from another header
# of tessera, -DOUTPUT=... writes elsewhere.
#
# Every #include "tessera/..." is replaced by the file. A file with #pragma once stands between
# guards, and stands again where the first place may be skipped (in another branch of an #if); a
# file without it is expanded each time, as the kernels of ops/cpu need for each instruction set.
# Whole-line comments are left out.
cmake_minimum_required(VERSION 3.25)

get_filename_component(root ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)
if(NOT DEFINED HEADER)
  set(HEADER tessera/tessera.hpp)
endif()
if(NOT DEFINED OUTPUT)
  set(OUTPUT ${root}/build/single_include/tessera.hpp)
endif()

# The text of a header, without comments, as `text`; `once` says whether it has #pragma once.
function(load_header path)
  if(NOT EXISTS ${root}/include/${path})
    message(FATAL_ERROR "single_include: no file ${root}/include/${path}")
  endif()
  file(READ ${root}/include/${path} text)
  string(REGEX REPLACE "(^|\n)[ \t]*//[^\n]*" "" text "${text}")
  string(REGEX MATCH "(^|\n)[ \t]*#[ \t]*pragma[ \t]+once[^\n]*" once "${text}")
  string(REPLACE "${once}" "" text "${text}")
  string(REGEX REPLACE "\n[ \t]*\n(\n|[ \t])*\n" "\n\n" text "${text}\n")
  set(text "\n${text}" PARENT_SCOPE)
  set(once "${once}" PARENT_SCOPE)
endfunction()

# Appends the text of `path` to the output. `where` lists the branches of conditionals around this
# place, each by a number; a file is there already if it stands in the same or an outer branch.
function(expand path where)
  load_header(${path})
  if(once)
    get_property(places GLOBAL PROPERTY places_${path})
    foreach(place IN LISTS places)
      string(FIND "${where}" "${place}" at)
      if(at EQUAL 0)
        return()
      endif()
    endforeach()
    set_property(GLOBAL APPEND PROPERTY places_${path} "${where}")
    string(MAKE_C_IDENTIFIER "${path}" guard)
    string(TOUPPER "${guard}" guard)
    file(APPEND ${OUTPUT}.part "#ifndef ${guard}\n#define ${guard}")
  endif()

  set(directive "\n[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif|include)([^a-z\n][^\n]*)?\n")
  while(text MATCHES "${directive}")
    set(line "${CMAKE_MATCH_0}")
    set(word "${CMAKE_MATCH_1}")
    set(rest "${CMAKE_MATCH_2}")
    string(FIND "${text}" "${line}" at)
    string(SUBSTRING "${text}" 0 ${at} before)
    string(LENGTH "${line}" length)
    math(EXPR after "${at} + ${length} - 1")  # the next line keeps its newline
    string(SUBSTRING "${text}" ${after} -1 text)
    file(APPEND ${OUTPUT}.part "${before}\n")
    if(word STREQUAL "include" AND rest MATCHES "^[ \t]*\"(tessera/[^\"]+)\"")
      expand(${CMAKE_MATCH_1} "${where}")
      continue()
    elseif(word STREQUAL "include" AND NOT rest MATCHES "^[ \t]*<")
      message(FATAL_ERROR "single_include: ${path} includes what is not of tessera: ${rest}")
    endif()
    string(STRIP "${line}" line)
    file(APPEND ${OUTPUT}.part "${line}")
    if(word MATCHES "^(elif|else|endif)$")
      string(REGEX REPLACE "[0-9]+/$" "" where "${where}")
    endif()
    if(word MATCHES "^(if|ifdef|ifndef|elif|else)$")
      get_property(branch GLOBAL PROPERTY branches)
      math(EXPR branch "${branch} + 1")
      set_property(GLOBAL PROPERTY branches ${branch})
      string(APPEND where "${branch}/")
    endif()
  endwhile()
  file(APPEND ${OUTPUT}.part "${text}")
  if(once)
    file(APPEND ${OUTPUT}.part "#endif\n")
  endif()
endfunction()

file(STRINGS ${root}/include/tessera/version.hpp version
     REGEX "^#define TESSERA_VERSION_(MAJOR|MINOR|PATCH) ")
list(TRANSFORM version REPLACE "^.* ([0-9]+)$" "\\1")
list(JOIN version "." version)
set_property(GLOBAL PROPERTY branches 0)
file(WRITE ${OUTPUT}.part "// tessera ${version}, Apache-2.0: <${HEADER}> in one file, written by "
                          "cmake/single_include.cmake.\n// Needs -std=c++20 -pthread.\n")
expand(${HEADER} "/")
file(RENAME ${OUTPUT}.part ${OUTPUT})
file(SIZE ${OUTPUT} size)
math(EXPR size "(${size} + 512) / 1024")
message(STATUS "single_include: ${OUTPUT} (${size} KiB)")
