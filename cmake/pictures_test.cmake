# docs/pictures holds what the examples draw now: no other bytes, no file more or less in words/.
# PICTURES and VOCABULARY are the programs, DOCS is docs/pictures, FOLDER is where they draw.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER}/words)
execute_process(COMMAND ${PICTURES} ${FOLDER} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${VOCABULARY} ${FOLDER}/words OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

file(GLOB drawn RELATIVE ${FOLDER} ${FOLDER}/words/*.svg)
file(GLOB shown RELATIVE ${DOCS} ${DOCS}/*.svg ${DOCS}/words/*.svg)
set(stale "")
foreach(picture IN LISTS drawn shown)
  execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files --ignore-eol
                          ${FOLDER}/${picture} ${DOCS}/${picture}
                  RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET)
  if(NOT code STREQUAL "0")
    list(APPEND stale ${picture})
  endif()
endforeach()
list(REMOVE_DUPLICATES stale)
if(stale OR NOT drawn)
  list(JOIN stale ", " stale)
  message(FATAL_ERROR "docs/pictures is not what ${FOLDER} holds: ${stale}. Copy what is right, "
                      "remove what is no longer drawn.")
endif()
list(LENGTH shown count)
message("${count} pictures are what the examples draw")
