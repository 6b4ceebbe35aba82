// Compiles and links against the CUDA run-time library; runs without a device or its driver, too.
#include <cstdio>

#include <cuda_runtime_api.h>

#include <tessera/version.hpp>

int main() {
  int version = 0;
  const cudaError_t code = cudaRuntimeGetVersion(&version);
  std::printf("tessera %d, CUDA %d: %s\n", TESSERA_VERSION, version, cudaGetErrorName(code));
  return code == cudaSuccess && version >= 1000 ? 0 : 1;
}
