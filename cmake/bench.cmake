# cmake -P cmake/bench.cmake: builds and runs the benchmarks; tables go to build/report/
# (<benchmark>.json of Google Benchmark, and report.md). -DFILTER=regex runs a part.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/setup.cmake)

tessera_setup(NEEDED compiler highway hana json benchmark WANTED ninja ccache)
tessera_configure(-DTESSERA_BUILD_BENCHMARKS=ON)
tessera_build(failed benchmarks)
if(NOT failed STREQUAL "0")
  message(FATAL_ERROR "bench: the build failed")
endif()

if(NOT DEFINED FILTER)
  set(FILTER ".")
endif()
set(report ${TESSERA_BUILD}/report)
file(MAKE_DIRECTORY ${report})
set(table "# Benchmarks\n\n| benchmark | time | CPU time | items/s |\n| --- | ---: | ---: | ---: |\n")
file(STRINGS ${TESSERA_BUILD}/benchmark/benchmarks.txt programs)
foreach(program IN LISTS programs)
  set(json ${report}/${program}.json)
  execute_process(COMMAND ${TESSERA_BUILD}/benchmark/${program} --benchmark_filter=${FILTER}
                          --benchmark_out=${json} --benchmark_out_format=json
                  COMMAND_ERROR_IS_FATAL ANY)
  file(READ ${json} text)
  string(JSON count ERROR_VARIABLE none LENGTH "${text}" benchmarks)
  if(NOT count GREATER 0)
    continue()  # the filter left nothing of this program
  endif()
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    foreach(field IN ITEMS name real_time cpu_time time_unit items_per_second)
      string(JSON ${field} ERROR_VARIABLE none GET "${text}" benchmarks ${i} ${field})
      string(REGEX REPLACE "(\\.[0-9][0-9])[0-9]+" "\\1" ${field} "${${field}}")
    endforeach()
    if(items_per_second MATCHES "NOTFOUND")
      set(items_per_second "")
    endif()
    string(APPEND table "| `${name}` | ${real_time} ${time_unit} | ${cpu_time} ${time_unit} | "
                        "${items_per_second} |\n")
  endforeach()
endforeach()
file(WRITE ${report}/report.md "${table}")
message(STATUS "bench: tables in ${report}/report.md")
