# cmake -DCOMPILE=<compiler;flag...> -DFOLDER=<scratch> -DFILES=<file...>
#       [-DHEADERS=<alone or together>] -P compile_test.cmake
# Compiles each file by itself, to an object that nobody uses; fails when one of them does not
# compile. With HEADERS the files are names to include as a user writes them, each in a file of its
# own or all in one.
cmake_minimum_required(VERSION 3.25)

set(failed 0)
file(MAKE_DIRECTORY ${FOLDER})
if(HEADERS STREQUAL "together")
  list(TRANSFORM FILES REPLACE "(.+)" "#include \"\\1\"\n")
  list(JOIN FILES "" includes)
  set(FILES ${FOLDER}/together.cpp)
  file(CONFIGURE OUTPUT ${FILES} CONTENT "${includes}" @ONLY)
endif()
list(LENGTH FILES count)
foreach(file IN LISTS FILES)
  string(MAKE_C_IDENTIFIER ${file} name)
  set(source ${file})
  if(HEADERS STREQUAL "alone")
    set(source ${FOLDER}/${name}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${file}\"\n" @ONLY)
  endif()
  execute_process(COMMAND ${COMPILE} ${source} -c -o ${FOLDER}/${name}.o RESULT_VARIABLE code)
  if(NOT code STREQUAL "0")
    message("does not compile: ${file} (${code})")
    math(EXPR failed "${failed} + 1")
  endif()
endforeach()
if(failed OR NOT count)
  message(FATAL_ERROR "${failed} of ${count} files do not compile")
endif()
message("${count} files compile")
