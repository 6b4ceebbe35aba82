# check_arrows.cmake must find each kind of wrong include in a small library, and accept it without.
cmake_minimum_required(VERSION 3.25)

function(library name)  # file "includes"...
  set(files ${ARGN})
  file(REMOVE_RECURSE ${FOLDER}/${name})
  while(files)
    list(POP_FRONT files file target)
    file(APPEND ${FOLDER}/${name}/tessera/${file} "#pragma once\n")
    if(NOT target STREQUAL "-")
      file(APPEND ${FOLDER}/${name}/tessera/${file} "#include \"tessera/${target}\"\n")
    endif()
  endwhile()
  execute_process(COMMAND ${CMAKE_COMMAND} -DINCLUDE=${FOLDER}/${name} -DTESTING=ON
                          -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/check_arrows.cmake
                  RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  set(code ${code} PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
endfunction()
function(accepts name)
  library(${name} ${ARGN})
  if(NOT code STREQUAL "0")
    message(FATAL_ERROR "${name} was refused:\n${output}")
  endif()
endfunction()
function(refuses name says)
  library(${name} ${ARGN})
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  string(FIND "${output}" "${says}" at)
  if(code STREQUAL "0" OR at EQUAL -1)
    message(FATAL_ERROR "${name}: not refused with \"${says}\":\n${output}")
  endif()
endfunction()

set(fine config.hpp - meta/name.hpp config.hpp io/detail/json.hpp meta/name.hpp
    io/file.hpp io/detail/json.hpp ops/add.hpp meta/name.hpp ops/cpu/add-inl.hpp -
    ops/cpu/all.hpp ops/cpu/add-inl.hpp model/net.hpp ops/add.hpp tessera.hpp model/net.hpp)
accepts(fine ${fine})
accepts(exception ${fine} ops/constant.hpp - graph/differentiate.hpp ops/constant.hpp)
refuses(upwards "ops/bad.hpp -> model/net.hpp: upwards" ${fine} ops/bad.hpp model/net.hpp)
refuses(neighbour "data/bad.hpp -> io/file.hpp: upwards, or to a neighbour" ${fine}
        data/bad.hpp io/file.hpp)
refuses(umbrella "arch/bad.hpp -> tessera.hpp: upwards" ${fine} arch/bad.hpp tessera.hpp)
refuses(detail "model/bad.hpp -> io/detail/json.hpp: belongs to io/ alone" ${fine}
        model/bad.hpp io/detail/json.hpp)
refuses(inl "ops/bad.hpp -> ops/cpu/add-inl.hpp: belongs to ops/cpu/ alone" ${fine}
        ops/bad.hpp ops/cpu/add-inl.hpp)
refuses(cycle "a cycle among: arch/a.hpp arch/b.hpp" ${fine} arch/a.hpp arch/b.hpp
        arch/b.hpp arch/a.hpp)
refuses(missing "ops/bad.hpp -> ops/none.hpp: there is no such file" ${fine}
        ops/bad.hpp ops/none.hpp)
refuses(folder "attic stands in no layer" ${fine} attic/a.hpp -)
message("every kind of wrong include is found")
