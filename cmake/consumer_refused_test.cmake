# cmake ... -DASK=<arguments of find_package> -DSAYS=<text> -P consumer_refused_test.cmake
# test/consumer/refused must not configure, and must say why. NAME is the build folder; OPTIONS go
# to cmake.
cmake_minimum_required(VERSION 3.25)

execute_process(COMMAND ${CMAKE_COMMAND} -S ${ROOT}/test/consumer/refused -B ${FOLDER}/${NAME}
  -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${FOLDER}/prefix
  "-DASK=${ASK}" ${OPTIONS} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}")
if(code STREQUAL "0")
  message(FATAL_ERROR "it configures")
endif()
# CMake breaks the lines of its messages.
string(REGEX REPLACE "[ \n]+" " " output "${output}")
string(FIND "${output}" "asks for: " asked)
string(FIND "${output}" "${SAYS}" said)
if(asked EQUAL -1 OR said LESS asked)
  message(FATAL_ERROR "not in the message: ${SAYS}")
endif()
