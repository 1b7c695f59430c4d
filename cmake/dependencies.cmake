# SPDX-License-Identifier: Apache-2.0

# What the project needs of the machine. What is missing is named in one
# sentence. Targets that the including project has already are used.

set(finalize_absl_min 20220623)
set(finalize_boost_min 1.74)

# --- the target and its compiler ---

if(NOT CMAKE_SYSTEM_NAME STREQUAL Linux OR NOT CMAKE_SIZEOF_VOID_P EQUAL 8)
  message(FATAL_ERROR "finalize supports 64-bit Linux only.")
endif()
if((CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12) OR
   (CMAKE_CXX_COMPILER_ID STREQUAL Clang AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14))
  message(FATAL_ERROR "finalize needs g++ 12, clang 14, or a newer one; this is "
    "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}.")
endif()
if(CMAKE_CXX_STANDARD AND CMAKE_CXX_STANDARD LESS 17)
  message(FATAL_ERROR "finalize needs C++17; CMAKE_CXX_STANDARD is ${CMAKE_CXX_STANDARD}.")
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# --- libraries ---

# finalize_missing(WHAT PACKAGES): ends with a sentence.
function(finalize_missing what packages)
  message(FATAL_ERROR "finalize needs ${what}, which was not found: on Debian, "
    "run \"apt-get install ${packages}\"; elsewhere, name its prefix in CMAKE_PREFIX_PATH.")
endfunction()

# Abseil's own version file accepts no other version than its own.
if(NOT TARGET absl::status)
  find_package(absl CONFIG QUIET)
  if(NOT absl_FOUND)
    finalize_missing("Abseil ${finalize_absl_min} or newer" libabsl-dev)
  elseif(absl_VERSION MATCHES "^[0-9]+" AND absl_VERSION VERSION_LESS finalize_absl_min)
    message(FATAL_ERROR "finalize needs Abseil ${finalize_absl_min} or newer; "
      "${absl_DIR} is ${absl_VERSION}.")
  endif()
endif()

if(FINALIZE_BUILD_TEMPDIR AND NOT FINALIZE_WITHOUT_BOOST AND NOT TARGET Boost::filesystem)
  find_package(Boost ${finalize_boost_min} QUIET COMPONENTS filesystem)
  if(NOT TARGET Boost::filesystem)
    finalize_missing("Boost.Filesystem ${finalize_boost_min} or newer (or -DFINALIZE_WITHOUT_BOOST=ON)"
      libboost-filesystem-dev)
  endif()
endif()

if(FINALIZE_BUILD_TOOLS AND NOT TARGET nlohmann_json::nlohmann_json)
  find_package(nlohmann_json CONFIG QUIET)
  if(NOT nlohmann_json_FOUND)
    finalize_missing("nlohmann_json (or -DFINALIZE_BUILD_TOOLS=OFF)" nlohmann-json3-dev)
  endif()
endif()

if(FINALIZE_BUILD_TESTING AND NOT TARGET GTest::gmock)
  find_package(GTest CONFIG QUIET)
  if(NOT TARGET GTest::gmock)
    finalize_missing("GoogleTest with gmock (or -DFINALIZE_BUILD_TESTING=OFF)"
      "libgtest-dev libgmock-dev")
  endif()
endif()

# --- what each library uses of Abseil ---

# Public: what the headers include. The .pc files name the same modules.
set(finalize_public_absl
  absl::any_invocable absl::config absl::core_headers absl::function_ref
  absl::status absl::statusor absl::strings absl::time)
set(finalize_private_absl absl::str_format absl::symbolize)
set(tempdir_public_absl absl::status absl::statusor absl::strings absl::time)
set(tempdir_private_absl absl::str_format)
