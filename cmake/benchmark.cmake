# tessera_add_benchmark(NAME HEADER ARCH...): an executable NAME that times each architecture of
# HEADER with Google Benchmark: `NAME --benchmark_filter=... --benchmark_out=times.json`.

function(tessera_add_benchmark name header)
  find_package(benchmark QUIET)
  if(NOT benchmark_FOUND)
    message(STATUS "tessera: ${name} is left out (Google Benchmark not found)")
    return()
  endif()
  tessera_resolve_header(header ${header})
  set(calls "")
  foreach(arch IN LISTS ARGN)
    string(REPLACE "\\" "\\\\" text "${arch}")
    string(REPLACE "\"" "\\\"" text "${text}")
    string(APPEND calls "  tessera::benchmark_model<${arch}>(\"${text}\");\n")
  endforeach()
  set(file ${CMAKE_CURRENT_BINARY_DIR}/${name}_benchmark.cpp)
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT [[
#include <benchmark/benchmark.h>

#include <tessera/model/benchmark.hpp>
#include <tessera/tessera.hpp>

#include "@header@"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
@calls@  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
]])
  add_executable(${name} ${file})
  target_link_libraries(${name} PRIVATE tessera::tessera benchmark::benchmark)
endfunction()
