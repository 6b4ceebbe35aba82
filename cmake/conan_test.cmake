# Parses the Conan recipe and its test package; with conan on the path also creates the package, as
# far as that goes without a server (cache and profile of its own below FOLDER).
cmake_minimum_required(VERSION 3.25)

find_program(TESSERA_PYTHON python3)
find_program(TESSERA_CONAN conan)
if(NOT TESSERA_PYTHON)
  message("skipped: no python3")
  return()
endif()
set(recipe ${ROOT}/cmake/packaging/conan)
execute_process(COMMAND ${TESSERA_PYTHON} -c
  "import ast, sys; [ast.parse(open(f).read(), f) for f in sys.argv[1:]]"
  ${recipe}/conanfile.py ${recipe}/test_package/conanfile.py COMMAND_ERROR_IS_FATAL ANY)
if(NOT TESSERA_CONAN)
  message("parsed; not created: no conan")
  return()
endif()
set(ENV{CONAN_HOME} ${FOLDER}/conan)
set(ENV{CXX} ${COMPILER})
execute_process(COMMAND ${TESSERA_CONAN} profile detect --force COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${TESSERA_CONAN} create ${recipe} -s compiler.cppstd=20 --no-remote
                        -c tools.cmake.cmaketoolchain:generator=${GENERATOR}
                COMMAND_ERROR_IS_FATAL ANY)
