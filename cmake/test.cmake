# cmake -P cmake/test.cmake: sets up what is missing, builds, runs every test.
# cmake -DSUITE=long -P cmake/test.cmake: also sanitizers over everything, longer fuzzing and laws.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/setup.cmake)

if(NOT DEFINED SUITE)
  set(SUITE short)
endif()
tessera_setup(NEEDED compiler hana doctest
              WANTED ninja ccache pkg_config gcc clang sanitizers benchmark)
tessera_setup_data()
tessera_configure(-DTESSERA_SUITE=${SUITE} -DTESSERA_BUILD_TESTS=ON -DTESSERA_BUILD_EXAMPLES=ON)
tessera_build(build_failed check_build)
execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --output-on-failure --parallel ${TESSERA_CORES}
                        --no-tests=error
                WORKING_DIRECTORY ${TESSERA_BUILD} RESULT_VARIABLE tests_failed)
if(NOT build_failed STREQUAL "0" OR NOT tests_failed STREQUAL "0")
  message(FATAL_ERROR "test: failed (build ${build_failed}, tests ${tests_failed})")
endif()
