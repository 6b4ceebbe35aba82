# Numbers as Google Benchmark writes them, and one bar for each value in proportion to it.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/bar_chart.cmake)

foreach(case IN ITEMS "1.5 1500 1.50" "17 17000 17.0" "1.2345678901234567e+02 123456 123"
                      "4.03455e-03 4 0.004" "9e-09 0 0.000" "0.05641 56 0.056"
                      "1.25e+3 1250000 1250")
  separate_arguments(case)
  list(GET case 0 number)
  tessera_thousandths(thousandths ${number})
  tessera_spell_thousandths(spelled ${thousandths})
  if(NOT case STREQUAL "${number};${thousandths};${spelled}")
    message(FATAL_ERROR "${number} became ${thousandths} thousandths, spelled ${spelled}")
  endif()
endforeach()

set(a_unit "GFLOP/s")
set(a_labels half "a <b> & c" none)
set(a_values 1.0e+01 20 0)
set(empty_unit "GB/s")
set(empty_labels "")
set(empty_values "")
set(file ${FOLDER}/chart.svg)
tessera_bar_chart(${file} test a empty)
file(READ ${file} text)
string(REGEX MATCHALL "class=\"bar\" [^>]* width=\"[0-9]+\"" bars "${text}")
string(REGEX REPLACE "[^;]*width=" "" bars "${bars}")
if(NOT bars STREQUAL "\"180\";\"360\";\"1\"" OR NOT text MATCHES "a &lt;b> &amp; c"
   OR text MATCHES "GB/s")
  message(FATAL_ERROR "bars of ${bars} in:\n${text}")
endif()
message("numbers and bars are right")
