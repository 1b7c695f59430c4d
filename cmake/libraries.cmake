# SPDX-License-Identifier: Apache-2.0

# How the project makes a library and a program.

if(PROJECT_VERSION_MAJOR EQUAL 0)
  # Before 1.0 a minor release may change the ABI.
  set(finalize_soversion 0.${PROJECT_VERSION_MINOR})
else()
  set(finalize_soversion ${PROJECT_VERSION_MAJOR})
endif()

set(finalize_warnings "")
if(top)
  list(APPEND finalize_warnings -Wall -Wextra)
endif()
if(FINALIZE_WERROR)
  list(APPEND finalize_warnings -Werror)
endif()

# What every program of the tests needs in a sanitizer.
set(finalize_sanitizer_support "")
if(FINALIZE_BUILD_TESTS AND CMAKE_CXX_FLAGS MATCHES "-fsanitize=")
  file(GLOB finalize_sanitizer_support CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/tests/support/sanitizers/*.cc)
endif()

# finalize_sources(VARIABLE FOLDER EXCEPT PREFIX...): the sources and headers below
# the folder whose names begin with no PREFIX.
function(finalize_sources variable folder)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" EXCEPT)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
    ${PROJECT_SOURCE_DIR}/${folder}/*.cc ${PROJECT_SOURCE_DIR}/${folder}/*.h)
  foreach(prefix IN LISTS arg_EXCEPT)
    list(FILTER files EXCLUDE REGEX "^${prefix}")
  endforeach()
  set(${variable} ${files} PARENT_SCOPE)
endfunction()

# finalize_common(TARGET): what libraries, programs and tests have in common.
function(finalize_common target)
  target_compile_features(${target} PRIVATE cxx_std_17)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  # Reports name the place of a registration, as a path within the tree.
  target_compile_options(${target} PRIVATE ${finalize_warnings}
    -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
endfunction()

# finalize_library(NAME [STATIC] FILES file...): the library finalize::NAME, which is
# the component NAME of the package (cmake/install.cmake). Within the build its
# target is finalize_NAME, since an including project may have a tempdir of its own.
function(finalize_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg STATIC "" FILES)
  set(target finalize_${name})
  set(output ${name})
  if(name STREQUAL testing)
    set(output finalize_testing)
  endif()
  set(kind "")
  if(arg_STATIC)
    set(kind STATIC)
  endif()
  add_library(${target} ${kind} ${arg_FILES})
  add_library(finalize::${name} ALIAS ${target})
  finalize_common(${target})
  target_compile_features(${target} PUBLIC cxx_std_17)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  set_target_properties(${target} PROPERTIES
    # Static and shared libraries are compiled alike.
    DEFINE_SYMBOL ""
    # What finalize/export.h marks is visible.
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    # Sources have names of their own in unnamed namespaces.
    UNITY_BUILD OFF
    EXPORT_NAME ${name}
    OUTPUT_NAME ${output}
    VERSION ${PROJECT_VERSION}
    SOVERSION ${finalize_soversion})
  if(NOT DEFINED CMAKE_POSITION_INDEPENDENT_CODE)
    # A plugin may contain a static library.
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()

  get_target_property(type ${target} TYPE)
  if(type STREQUAL SHARED_LIBRARY)
    target_link_options(${target} PRIVATE LINKER:--as-needed)
    if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize=")  # whose run-time is in the program
      target_link_options(${target} PRIVATE LINKER:--no-undefined)
    endif()
  endif()
  if(FINALIZE_INSTALL)
    install(TARGETS ${target} EXPORT finalize-${name}
      LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime
        NAMELINK_COMPONENT development
      ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
    # All headers: public ones include those below internal/.
    set(headers ${arg_FILES})
    list(FILTER headers INCLUDE REGEX "\\.h$")
    foreach(header IN LISTS headers)
      get_filename_component(folder ${header} DIRECTORY)
      install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder}
        COMPONENT development)
    endforeach()
  endif()
endfunction()

# finalize_program(NAME file...)
function(finalize_program name)
  add_executable(${name} ${ARGN} ${finalize_sanitizer_support})
  finalize_common(${name})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
endfunction()
