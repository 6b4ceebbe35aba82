# cmake -P benchmark/compile/instructions.cmake: thousand millions of instructions that g++ executes for
# the programs of budgets.cmake, counted by valgrind: the same on a busy machine as on an idle one, so
# one run tells what a change is worth. About 10 s for each thousand million. -DONLY=infer: one of them.
cmake_minimum_required(VERSION 3.25)
if(NOT DEFINED CXX)
  set(CXX g++)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/programs.cmake)
find_program(valgrind valgrind)
if(NOT valgrind)
  message(FATAL_ERROR "valgrind is needed")
endif()
if(DEFINED ONLY)
  set(files ${ONLY})
endif()

foreach(f IN LISTS files)
  # -### says how the driver would call the compiler proper, which is what is counted.
  execute_process(
    COMMAND ${CXX} -std=c++20 -O2 -I${root}/include -S ${work}/${f}.cpp -o /dev/null "-###"
    ERROR_VARIABLE says OUTPUT_QUIET)
  string(REGEX MATCH "\n ([^\n]*cc1plus[^\n]*)" found "${says}")
  execute_process(
    COMMAND /bin/sh -c "${valgrind} --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null ${CMAKE_MATCH_1}"
    ERROR_VARIABLE says OUTPUT_QUIET RESULT_VARIABLE status)
  if(NOT status EQUAL 0 OR NOT says MATCHES "I +refs: +([0-9,]+)")
    message(FATAL_ERROR "${f}: ${says}")
  endif()
  string(REPLACE "," "" count ${CMAKE_MATCH_1})
  math(EXPR tenths "(${count} + 50000000) / 100000000")
  math(EXPR whole "${tenths} / 10")
  math(EXPR tenth "${tenths} % 10")
  message("${f}: ${whole}.${tenth}")
endforeach()
