# SPDX-License-Identifier: Apache-2.0

# What find_package() and pkg-config read. Everything can be moved: no file
# contains the prefix, unless it is /usr or CMAKE_INSTALL_LIBDIR is absolute.

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/finalize)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# --- find_package ---

configure_package_config_file(cmake/finalizeConfig.cmake.in
  ${PROJECT_BINARY_DIR}/finalizeConfig.cmake
  INSTALL_DESTINATION ${package_dir}
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/finalizeConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/finalizeConfig.cmake
  ${PROJECT_BINARY_DIR}/finalizeConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT development)

set(components finalize)
if(FINALIZE_BUILD_TEMPDIR)
  list(APPEND components tempdir)
endif()
if(FINALIZE_BUILD_TESTING)
  list(APPEND components testing)
endif()
foreach(component IN LISTS components)
  install(EXPORT finalize-${component} NAMESPACE finalize::
    FILE finalize-${component}-targets.cmake
    DESTINATION ${package_dir} COMPONENT development)
endforeach()

# --- pkg-config ---

# finalize_modules(VARIABLE TARGET...): the modules of Abseil's targets, with a version.
function(finalize_modules variable)
  set(modules "")
  foreach(target IN LISTS ARGN)
    string(REPLACE "::" "_" module ${target})
    list(APPEND modules "${module} >= ${finalize_absl_min}")
  endforeach()
  string(REPLACE ";" ", " modules "${modules}")
  set(${variable} "${modules}" PARENT_SCOPE)
endfunction()

# finalize_pc(NAME): installs NAME.pc.
function(finalize_pc name)
  set(public ${${name}_public_absl})
  set(private ${${name}_private_absl})
  get_target_property(type finalize_${name} TYPE)
  if(type STREQUAL STATIC_LIBRARY)
    # It does not say what it is linked with: programs that do not ask with
    # --static need that, too.
    list(APPEND public ${private})
    set(private "")
  endif()
  finalize_modules(requires ${public})
  finalize_modules(requires_private ${private})

  if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    set(prefix "${CMAKE_INSTALL_PREFIX}")
    set(libdir "${CMAKE_INSTALL_LIBDIR}")
  elseif(CMAKE_INSTALL_PREFIX STREQUAL /usr)
    # pkg-config knows that compilers search /usr/include, if it is spelled so.
    set(prefix /usr)
    set(libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
  else()
    file(RELATIVE_PATH up "/p/${pkgconfig_dir}" "/p")
    string(REGEX REPLACE "/$" "" up "${up}")
    set(prefix "\${pcfiledir}/${up}")
    set(libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
  endif()
  if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    set(includedir "${CMAKE_INSTALL_INCLUDEDIR}")
  else()
    set(includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
  endif()

  # Boost has no .pc file.
  set(boost_cflags "")
  set(boost_libs "")
  if(FINALIZE_WITHOUT_BOOST)
    set(boost_cflags " -DFINALIZE_WITHOUT_BOOST")
  else()
    set(boost_libs " -lboost_filesystem")
    foreach(folder IN LISTS Boost_INCLUDE_DIRS)
      if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
        string(APPEND boost_cflags " -I${folder}")
      endif()
    endforeach()
    foreach(folder IN LISTS Boost_LIBRARY_DIRS)
      if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
        string(PREPEND boost_libs " -L${folder}")
      endif()
    endforeach()
  endif()

  configure_file(cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc
    DESTINATION ${pkgconfig_dir} COMPONENT development)
endfunction()

finalize_pc(finalize)
if(FINALIZE_BUILD_TEMPDIR)
  finalize_pc(tempdir)
endif()

# --- valgrind ---

install(FILES finalize/valgrind.supp
  DESTINATION ${CMAKE_INSTALL_DATADIR}/finalize COMPONENT development)
