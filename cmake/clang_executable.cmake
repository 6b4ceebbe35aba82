# tessera_clang_executable(NAME SOURCES file... FLAGS flag...): a program built by clang++ whatever
# compiler the project was configured with, as clang/NAME; flags go to compiler and linker. For
# sanitizers and fuzzers, which thereby test what a second compiler makes of the headers.

function(tessera_clang_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;FLAGS")
  set(objects "")
  set(program ${CMAKE_CURRENT_BINARY_DIR}/clang/${name})
  foreach(source IN LISTS arg_SOURCES)
    file(RELATIVE_PATH path ${CMAKE_CURRENT_SOURCE_DIR} ${source})
    set(object ${program}.dir/${path}.o)
    get_filename_component(folder ${object} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} ${TESSERA_CLANG} ${arg_FLAGS} ${TESSERA_TEST_FLAGS}
              -MD -MF ${object}.d -MT ${object} -c ${source} -o ${object}
      DEPENDS ${source} DEPFILE ${object}.d VERBATIM COMMENT "clang++ ${name}.dir/${path}.o")
    list(APPEND objects ${object})
  endforeach()
  add_custom_command(OUTPUT ${program}
    COMMAND ${TESSERA_CLANG} ${arg_FLAGS} ${objects} -pthread -o ${program}
    DEPENDS ${objects} VERBATIM COMMENT "clang++ ${name}")
  add_custom_target(${name} DEPENDS ${program})
  add_dependencies(check_build ${name})
endfunction()
