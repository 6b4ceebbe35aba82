# Configures, builds and runs test/consumer/<WAY> against the installed or the source tree.
cmake_minimum_required(VERSION 3.25)

set(build ${FOLDER}/${WAY})
if(WAY STREQUAL "pkg_config")
  find_program(TESSERA_PKG_CONFIG pkg-config)
  if(NOT TESSERA_PKG_CONFIG)
    message("skipped: no pkg-config")
    return()
  endif()
  set(ENV{PKG_CONFIG_PATH} ${FOLDER}/prefix/share/pkgconfig)
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -S ${ROOT}/test/consumer/${WAY} -B ${build} -G ${GENERATOR}
  -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}
  -DCMAKE_PREFIX_PATH=${FOLDER}/prefix -DTESSERA_ROOT=${ROOT} --no-warn-unused-cli
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${build} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${build}/consumer COMMAND_ERROR_IS_FATAL ANY)
if(EXISTS ${build}/consumer_benchmark)
  execute_process(COMMAND ${build}/consumer_benchmark --benchmark_list_tests
                  OUTPUT_VARIABLE benchmarks COMMAND_ERROR_IS_FATAL ANY)
  if(benchmarks STREQUAL "")
    message(FATAL_ERROR "the benchmark of ${WAY} times nothing")
  endif()
endif()
