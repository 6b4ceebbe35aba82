# cmake -DCOMPILE=<compiler;flag...> -DNM=<nm> -DFOLDER=<scratch> -P program_cost_test.cmake
# What of compiling a ViT-L/16 inference program no clock decides: the compiler stays within 500 MB of
# address space, and no symbol is long. Without ccache, which would spend nothing.
cmake_minimum_required(VERSION 3.25)
file(MAKE_DIRECTORY ${FOLDER})
file(WRITE ${FOLDER}/vit_large.cpp "#include <tessera/tessera.hpp>
#include <tessera/zoo/vit.hpp>
int main() { return tessera::model<tessera::zoo::vit_large_patch16_224>().input_size() > 0 ? 0 : 1; }
")
execute_process(COMMAND /bin/sh -c "ulimit -v 500000 && exec \"$@\"" sh ${COMPILE} -O2
                        ${FOLDER}/vit_large.cpp -c -o ${FOLDER}/vit_large.o
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${NM} --defined-only -P ${FOLDER}/vit_large.o OUTPUT_VARIABLE symbols
                COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE " [^\n]*\n" ";" symbols "${symbols}")
set(kernels 0)
foreach(symbol IN LISTS symbols)
  string(LENGTH "${symbol}" length)
  if(length GREATER 600)
    message(FATAL_ERROR "a symbol of ${length} characters: ${symbol}")
  elseif(symbol MATCHES "6kernel|cpu_kernels")
    math(EXPR kernels "${kernels} + 1")
    if(length GREATER 300)
      message(FATAL_ERROR "a kernel's symbol of ${length} characters: ${symbol}")
    endif()
  endif()
endforeach()
if(kernels EQUAL 0)
  message(FATAL_ERROR "no kernel among the symbols")
endif()
message("${kernels} symbols of kernels, none over 300 characters")
