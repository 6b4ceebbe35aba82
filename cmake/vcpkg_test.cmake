# cmake -DROOT=<checkout> -DFOLDER=<scratch> -DGENERATOR=... -DCOMPILER=... -P vcpkg_test.cmake
# Runs the steps of cmake/packaging/vcpkg/portfile.cmake without vcpkg: the functions below do what
# vcpkg's functions of these names are documented to do (a real configure and install), then the
# package is held against what vcpkg asks of one, and a project uses it.
cmake_minimum_required(VERSION 3.25)

set(port ${ROOT}/cmake/packaging/vcpkg)
file(READ ${port}/vcpkg.json manifest)
foreach(field IN ITEMS name version-semver license dependencies)
  string(JSON ${field} GET "${manifest}" ${field})
endforeach()
file(STRINGS ${ROOT}/include/tessera/version.hpp version
     REGEX "^#define TESSERA_VERSION_(MAJOR|MINOR|PATCH) ")
list(TRANSFORM version REPLACE "^.* ([0-9]+)$" "\\1")
list(JOIN version "." version)
if(NOT name STREQUAL "tessera" OR NOT version-semver STREQUAL version)
  message(FATAL_ERROR "vcpkg.json is of ${name} ${version-semver}, the headers are ${version}")
endif()

set(PORT ${name})
set(CURRENT_PORT_DIR ${port})
set(CURRENT_PACKAGES_DIR ${FOLDER}/vcpkg/packages/tessera_x64-linux)
set(tree ${FOLDER}/vcpkg/buildtrees)
file(REMOVE_RECURSE ${FOLDER}/vcpkg)

function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
  if(NOT VCPKG_BUILD_TYPE STREQUAL "release")
    message(FATAL_ERROR "the port of a header library builds release only")
  endif()
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${arg_SOURCE_PATH} -B ${tree} -G ${GENERATOR}
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR} ${arg_OPTIONS} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(vcpkg_cmake_install)
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${tree} --target install
                  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Moves the package files to share/<port>, one folder up, so the way to the prefix is one shorter.
function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
  file(GLOB files ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}/*)
  file(COPY ${files} DESTINATION ${CURRENT_PACKAGES_DIR}/share/${PORT})
  file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH})
  cmake_path(GET arg_CONFIG_PATH PARENT_PATH parent)
  file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/${parent})
  file(GLOB files ${CURRENT_PACKAGES_DIR}/share/${PORT}/*.cmake)
  set(up "get_filename_component(_IMPORT_PREFIX \"\${_IMPORT_PREFIX}\" PATH)\n")
  foreach(file IN LISTS files)
    file(READ ${file} text)
    string(REPLACE "${up}${up}${up}" "${up}${up}" text "${text}")
    string(REPLACE "CMAKE_CURRENT_LIST_DIR}/../../../\"" "CMAKE_CURRENT_LIST_DIR}/../../\"" text
                   "${text}")
    file(WRITE ${file} "${text}")
  endforeach()
endfunction()

function(vcpkg_fixup_pkgconfig)  # nothing to do: the file has no absolute path (checked below)
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
  configure_file(${arg_FILE_LIST} ${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright COPYONLY)
endfunction()

include(${port}/portfile.cmake)

foreach(file IN ITEMS include/tessera/tessera.hpp share/tessera/tesseraConfig.cmake
                      share/tessera/tesseraConfigVersion.cmake share/tessera/tesseraTargets.cmake
                      share/tessera/copyright share/tessera/usage share/pkgconfig/tessera.pc)
  if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/${file})
    message(FATAL_ERROR "the package lacks ${file}")
  endif()
endforeach()
foreach(folder IN ITEMS debug lib bin cmake share/cmake share/doc)
  if(EXISTS ${CURRENT_PACKAGES_DIR}/${folder})
    message(FATAL_ERROR "the package must not have ${folder}/")
  endif()
endforeach()
file(GLOB_RECURSE files ${CURRENT_PACKAGES_DIR}/*)
foreach(file IN LISTS files)
  file(READ ${file} text)
  string(FIND "${text}" "${FOLDER}" at)
  if(NOT at EQUAL -1)
    message(FATAL_ERROR "${file} holds an absolute path")
  endif()
endforeach()

# vcpkg puts the packages of a triplet into one prefix.
file(COPY ${CURRENT_PACKAGES_DIR}/ DESTINATION ${FOLDER}/vcpkg/installed)
file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR})
set(build ${FOLDER}/vcpkg/consumer)
execute_process(COMMAND ${CMAKE_COMMAND} -S ${ROOT}/test/consumer/find_package -B ${build}
  -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}
  -DCMAKE_PREFIX_PATH=${FOLDER}/vcpkg/installed COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${build} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${build}/consumer COMMAND_ERROR_IS_FATAL ANY)
