# Installs tessera right after configuring, without a build and as if no test library was there,
# then moves the result: what the consumers find must be complete and relocatable.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${ROOT} -B ${FOLDER}/tessera -G ${GENERATOR}
  -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_INSTALL_PREFIX=${FOLDER}/first
  -DTESSERA_DOCTEST_INCLUDE= -DCMAKE_DISABLE_FIND_PACKAGE_benchmark=ON
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${FOLDER}/tessera COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${FOLDER}/first ${FOLDER}/prefix)

file(GLOB_RECURSE files ${FOLDER}/prefix/*)
foreach(file IN LISTS files)
  file(READ ${file} text)
  foreach(place IN ITEMS ${FOLDER} ${ROOT})
    string(FIND "${text}" "${place}" at)
    if(NOT at EQUAL -1)
      message(FATAL_ERROR "${file} holds the path ${place}")
    endif()
  endforeach()
endforeach()
