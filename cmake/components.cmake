# Components of the package: `cpu` (tessera::tessera itself) and `cuda` (tessera::cuda, only where a
# CUDA toolkit is found).

# tessera::cuda, for programs that call the CUDA run-time library: tessera::tessera and its static
# library. Arguments beyond RESULT: GLOBAL. RESULT is false where there is no toolkit.
function(tessera_find_cuda result)
  set(${result} TRUE PARENT_SCOPE)
  if(TARGET tessera::cuda)
    return()
  endif()
  find_package(CUDAToolkit QUIET ${ARGN})
  if(NOT CUDAToolkit_FOUND OR NOT TARGET CUDA::cudart_static)
    set(${result} FALSE PARENT_SCOPE)
    return()
  endif()
  add_library(tessera::cuda INTERFACE IMPORTED ${ARGN})
  target_link_libraries(tessera::cuda INTERFACE tessera::tessera CUDA::cudart_static)
endfunction()

# For tesseraConfig.cmake: which of the components asked for there are, and one sentence about the
# first required one that there is not.
macro(tessera_check_components)
  foreach(component IN LISTS tessera_FIND_COMPONENTS)
    set(tessera_reason "")
    set(tessera_${component}_FOUND TRUE)
    if(component STREQUAL "cuda")
      tessera_find_cuda(tessera_cuda_FOUND)
      set(tessera_reason "component cuda needs a CUDA toolkit, and none was found \
(set CUDAToolkit_ROOT to its folder)")
    elseif(NOT component STREQUAL "cpu")
      set(tessera_${component}_FOUND FALSE)
      set(tessera_reason "there is no component \"${component}\" (components: cpu, cuda)")
    endif()
    if(NOT tessera_${component}_FOUND AND tessera_FIND_REQUIRED_${component}
       AND NOT DEFINED tessera_NOT_FOUND_MESSAGE)
      set(tessera_NOT_FOUND_MESSAGE "tessera ${tessera_VERSION}: ${tessera_reason}")
    endif()
  endforeach()
endmacro()
