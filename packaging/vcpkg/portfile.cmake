# SPDX-License-Identifier: Apache-2.0

# An overlay port, which builds the tree that it is in:
#
#   vcpkg install finalize --overlay-ports=FINALIZE/packaging/vcpkg
#
# vcpkg does not see a change outside this folder: --no-binarycaching builds anew.
# A registry that takes the port over has vcpkg_from_github() here.
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS feature_options
  FEATURES
    tempdir FINALIZE_BUILD_TEMPDIR
    testing FINALIZE_BUILD_TESTING
    tools FINALIZE_BUILD_TOOLS)

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    ${feature_options}
    -DFINALIZE_INSTALL=ON
  MAYBE_UNUSED_VARIABLES BUILD_SHARED_LIBS)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/finalize)
vcpkg_fixup_pkgconfig()
vcpkg_copy_pdbs()

if("tools" IN_LIST FEATURES)
  vcpkg_copy_tools(TOOL_NAMES finalize-reap with-tempdir AUTO_CLEAN)
endif()
file(REMOVE_RECURSE
  "${CURRENT_PACKAGES_DIR}/debug/include"
  "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
