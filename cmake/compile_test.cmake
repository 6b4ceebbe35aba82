# cmake -DCOMPILE=<compiler;flag...> -DFOLDER=<scratch> -DFILES=<file...> [-DHEADERS=ON]
#       -P compile_test.cmake
# Compiles each file by itself, to an object that nobody uses; fails when one of them does not
# compile. With HEADERS the files are names to include, as a user writes them.
cmake_minimum_required(VERSION 3.25)

set(failed 0)
list(LENGTH FILES count)
file(MAKE_DIRECTORY ${FOLDER})
foreach(file IN LISTS FILES)
  string(MAKE_C_IDENTIFIER ${file} name)
  set(source ${file})
  if(HEADERS)
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
