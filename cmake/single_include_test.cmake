# cmake -DCOMPILE=<compiler;flag...> -DROOT=<checkout> -DFOLDER=<scratch>
#       -P single_include_test.cmake
# Writes the single include; it must compile alone, and a program must print the same with it as
# with the headers.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE ${FOLDER})
execute_process(COMMAND ${CMAKE_COMMAND} -DOUTPUT=${FOLDER}/single/tessera.hpp
                        -P ${ROOT}/cmake/single_include.cmake COMMAND_ERROR_IS_FATAL ANY)
file(WRITE ${FOLDER}/headers/tessera.hpp "#include <tessera/tessera.hpp>\n")
file(WRITE ${FOLDER}/alone.cpp "#include <tessera.hpp>\n#include <tessera.hpp>\n")
set(program ${ROOT}/test/consumer/single_include/main.cpp)
set(single ${COMPILE} -I${FOLDER}/single)
set(headers ${COMPILE} -I${FOLDER}/headers -I${ROOT}/include)

execute_process(COMMAND ${single} -Wall -Wextra -Wconversion -Wshadow -Werror -c ${FOLDER}/alone.cpp
                        -o ${FOLDER}/alone.o COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${single} -DTESSERA_DECLARE_ONLY -c ${FOLDER}/alone.cpp
                        -o ${FOLDER}/declared.o COMMAND_ERROR_IS_FATAL ANY)
foreach(way IN ITEMS single headers)
  execute_process(COMMAND ${${way}} -O1 -c ${program} -o ${FOLDER}/${way}.o
                  COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${COMPILE} ${FOLDER}/${way}.o -pthread -o ${FOLDER}/${way}.out
                  COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${FOLDER}/${way}.out OUTPUT_VARIABLE output_${way}
                  COMMAND_ERROR_IS_FATAL ANY)
endforeach()
message("${output_single}")
if(NOT output_single STREQUAL output_headers OR NOT output_single MATCHES "0x")
  message(FATAL_ERROR "the program prints otherwise with the headers:\n${output_headers}")
endif()
