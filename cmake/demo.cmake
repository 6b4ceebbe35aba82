# cmake -P cmake/demo.cmake: sets up what is missing, builds examples/demo.cpp and runs it.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/setup.cmake)

tessera_setup(NEEDED compiler WANTED ninja ccache)
tessera_setup_data()
tessera_configure(-DTESSERA_BUILD_EXAMPLES=ON)
tessera_build(failed demo)
if(NOT failed STREQUAL "0")
  message(FATAL_ERROR "demo: the build failed")
endif()
execute_process(COMMAND ${TESSERA_BUILD}/examples/demo WORKING_DIRECTORY ${TESSERA_ROOT}
                RESULT_VARIABLE failed)
if(NOT failed STREQUAL "0")
  message(FATAL_ERROR "demo: failed (${failed})")
endif()
