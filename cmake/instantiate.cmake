# tessera_instantiate(TARGET HEADER ARCH...): compiles each architecture once, in a file of its own.
#
#     tessera_instantiate(app models.hpp my_vit "ts::vit<ts::image<32, 32, 3>, ts::patch<4>, ...>")
#
# HEADER declares the architectures. On the other files of TARGET the macro TESSERA_DECLARE_ONLY
# makes tessera.hpp declare the models instead of defining them, so that they compile fast; hence
# each architecture that TARGET runs must be among ARCH. The generated files belong to TARGET and
# share its flags.

function(tessera_instantiate target header)
  tessera_resolve_header(header ${header})
  get_target_property(folder ${target} BINARY_DIR)
  foreach(arch IN LISTS ARGN)
    string(MD5 hash "${header}|${arch}")
    string(SUBSTRING ${hash} 0 8 hash)
    string(MAKE_C_IDENTIFIER "${arch}" name)
    string(SUBSTRING ${name} 0 40 name)
    set(file ${folder}/${target}_instantiate/${name}_${hash}.cpp)
    file(CONFIGURE OUTPUT ${file} @ONLY CONTENT [[
#undef TESSERA_DECLARE_ONLY
#define TESSERA_INSTANTIATING

#include <tessera/tessera.hpp>

#include "@header@"

TESSERA_INSTANTIATE(@arch@);
]])
    target_sources(${target} PRIVATE ${file})
    # Either would bring the headers in with the macro of the other files.
    set_source_files_properties(${file} TARGET_DIRECTORY ${target} PROPERTIES
      SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
  endforeach()
  target_compile_definitions(${target} PRIVATE TESSERA_DECLARE_ONLY)
  target_link_libraries(${target} PRIVATE tessera::tessera)
endfunction()

# A file of the calling folder by its full path; any other name is left to the include path.
function(tessera_resolve_header result header)
  get_filename_component(path ${header} ABSOLUTE)
  if(EXISTS ${path})
    set(header ${path})
  endif()
  set(${result} ${header} PARENT_SCOPE)
endfunction()
