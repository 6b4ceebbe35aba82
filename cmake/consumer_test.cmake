# Configures, builds and runs test/consumer/<WAY> against the installed or the source tree. FROM, of
# the projects that can do it in several ways: find_package, add_subdirectory or fetch_content.
cmake_minimum_required(VERSION 3.25)

set(build ${FOLDER}/${WAY}${FROM})
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
  -DCMAKE_PREFIX_PATH=${FOLDER}/prefix -DTESSERA_ROOT=${ROOT} -DTESSERA_FROM=${FROM}
  --no-warn-unused-cli ERROR_VARIABLE said ECHO_ERROR_VARIABLE COMMAND_ERROR_IS_FATAL ANY)
if(said MATCHES "skipped: ")
  return()
endif()
execute_process(COMMAND ${CMAKE_COMMAND} --build ${build} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${build}/consumer COMMAND_ERROR_IS_FATAL ANY)

if(NOT WAY STREQUAL "instantiate")
  return()
endif()
if(NOT EXISTS ${build}/consumer_benchmark)
  message("no benchmark: Google Benchmark not found")
  return()
endif()
set(json ${build}/times.json)
file(REMOVE ${json})
execute_process(COMMAND ${build}/consumer_benchmark --benchmark_min_time=0.001
                        --benchmark_out=${json} --benchmark_out_format=json
                COMMAND_ERROR_IS_FATAL ANY)
file(READ ${json} text)
string(JSON count LENGTH "${text}" benchmarks)
string(JSON name GET "${text}" benchmarks 0 name)
string(JSON speed GET "${text}" benchmarks 0 GFLOP/s)
if(NOT count EQUAL 3 OR NOT name MATCHES "^model/cpu/small/1" OR NOT speed GREATER 0)
  message(FATAL_ERROR "the benchmark times ${count} batches, the first as ${name} with ${speed}")
endif()
