#pragma once
// The version of tessera, read by CMake from this file: one place, semantic versioning.

#define TESSERA_VERSION_MAJOR 0
#define TESSERA_VERSION_MINOR 1
#define TESSERA_VERSION_PATCH 0
#define TESSERA_VERSION 100  // major * 10'000 + minor * 100 + patch
