# SPDX-License-Identifier: Apache-2.0

# The Debian packages that each command needs; read by tools/setup.

packages_build='bazel-bootstrap bazel-platforms bazel-rules-java g++ pkgconf libabsl-dev libboost-filesystem-dev'
packages_compare="$packages_build nlohmann-json3-dev"
packages_service="$packages_compare libcpp-httplib-dev libarchive-dev libsystemd-dev libssl-dev"
packages_test="$packages_service libgtest-dev libgmock-dev strace bindfs btrfs-progs e2fsprogs"
packages_bench="$packages_build nlohmann-json3-dev libbenchmark-dev strace gnuplot-nox"
packages_cmake='g++ cmake ninja-build make pkgconf libabsl-dev libboost-filesystem-dev nlohmann-json3-dev libgtest-dev libgmock-dev'
packages_meson="$packages_cmake meson"
packages_cookbook='libuv1-dev pybind11-dev python3-dev'  # beside packages_cmake
packages_git='git'
packages_situations='dosfstools fuse-overlayfs unionfs-fuse xfsprogs'
packages_user='uidmap'  # beside packages_test, for an ordinary user
packages_skylib='bazel-skylib'  # beside packages_test, for Abseil from source
packages_demonstrate="$packages_service python3 wrk"
packages_debian='build-essential cmake debhelper lintian man-db pkgconf systemd libabsl-dev libboost-filesystem-dev libgmock-dev libgtest-dev nlohmann-json3-dev'
packages_ccache='ccache'  # a second build takes less time
packages_on='mmdebstrap'  # another release of Debian
packages_clang='clang'
packages_compilers_bookworm='clang-15 clang-16'
packages_compilers_trixie='g++-13 clang-17 clang-18'
packages_compilers_sid='g++-15'
packages_libcxx='clang libc++-dev libc++abi-dev dpkg-dev'
packages_musl='dpkg-dev'
packages_npm='npm'
packages_libraries='dpkg-dev libboost-filesystem-dev'  # to compile Abseil and Boost
packages_sanitizers='clang libclang-rt-dev lld llvm'  # llvm: names in reports
packages_foreign='g++-aarch64-linux-gnu g++-riscv64-linux-gnu g++-s390x-linux-gnu libboost-filesystem-dev qemu-user'
packages_valgrind='valgrind'
packages_format='clang-format'
packages_reference='doxygen'
packages_deployment='systemd python3 python3-yaml'

# Prints the packages among "$@" that are not installed, in one line. Any version
# of Boost.Filesystem counts as Debian's default one.
missing_packages() {
  # It fails if it does not know one of them.
  { dpkg-query -W -f '${db:Status-Status} ${Package}\n' \
      "$@" 'libboost-filesystem*-dev' 2>/dev/null || true; } |
    awk -v wanted="$*" '
      $1 == "installed" {
        installed[$2]
        if ($2 ~ /^libboost-filesystem.*-dev$/)
          installed["libboost-filesystem-dev"]
      }
      END {
        n = split(wanted, name, " ")
        for (i = 1; i <= n; i++)
          if (!(name[i] in installed) && !(name[i] in printed)) {
            printf "%s%s", separator, name[i]
            separator = " "
            printed[name[i]]
          }
      }'
}
