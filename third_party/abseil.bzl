# SPDX-License-Identifier: Apache-2.0

"""The installed Abseil, under the labels of Abseil's own build files."""

load("//third_party:installed_library.bzl", "installed_library")

# The headers of each target. One that the installed Abseil does not have (yet,
# or any more) is left out.
ABSEIL_TARGETS = {
    "absl/algorithm:algorithm": ["algorithm/algorithm.h"],
    "absl/algorithm:container": ["algorithm/container.h"],
    "absl/base:base": ["base/call_once.h", "base/casts.h"],
    "absl/base:config": ["base/config.h", "base/options.h", "base/policy_checks.h"],
    "absl/base:core_headers": [
        "base/attributes.h",
        "base/const_init.h",
        "base/macros.h",
        "base/optimization.h",
        "base/port.h",
        "base/thread_annotations.h",
    ],
    "absl/base:dynamic_annotations": ["base/dynamic_annotations.h"],
    "absl/base:log_severity": ["base/log_severity.h"],
    "absl/cleanup:cleanup": ["cleanup/cleanup.h"],
    "absl/container:btree": ["container/btree_map.h", "container/btree_set.h"],
    "absl/container:fixed_array": ["container/fixed_array.h"],
    "absl/container:flat_hash_map": ["container/flat_hash_map.h"],
    "absl/container:flat_hash_set": ["container/flat_hash_set.h"],
    "absl/container:inlined_vector": ["container/inlined_vector.h"],
    "absl/container:node_hash_map": ["container/node_hash_map.h"],
    "absl/container:node_hash_set": ["container/node_hash_set.h"],
    "absl/debugging:failure_signal_handler": ["debugging/failure_signal_handler.h"],
    "absl/debugging:leak_check": ["debugging/leak_check.h"],
    "absl/debugging:stacktrace": ["debugging/stacktrace.h"],
    "absl/debugging:symbolize": ["debugging/symbolize.h"],
    "absl/flags:config": ["flags/config.h"],
    "absl/flags:flag": ["flags/declare.h", "flags/flag.h"],
    "absl/flags:marshalling": ["flags/marshalling.h"],
    "absl/flags:parse": ["flags/parse.h"],
    "absl/flags:reflection": ["flags/commandlineflag.h", "flags/reflection.h"],
    "absl/flags:usage": ["flags/usage.h", "flags/usage_config.h"],
    "absl/functional:any_invocable": ["functional/any_invocable.h"],
    "absl/functional:bind_front": ["functional/bind_front.h"],
    "absl/functional:function_ref": ["functional/function_ref.h"],
    "absl/hash:hash": ["hash/hash.h"],
    "absl/memory:memory": ["memory/memory.h"],
    "absl/meta:type_traits": ["meta/type_traits.h"],
    "absl/numeric:bits": ["numeric/bits.h"],
    "absl/numeric:int128": ["numeric/int128.h"],
    "absl/random:random": [
        "random/random.h",
        "random/distributions.h",
        "random/seed_sequences.h",
    ],
    "absl/status:status": ["status/status.h"],
    "absl/status:statusor": ["status/statusor.h"],
    "absl/strings:cord": ["strings/cord.h"],
    "absl/strings:str_format": ["strings/str_format.h"],
    "absl/strings:strings": [
        "strings/ascii.h",
        "strings/charconv.h",
        "strings/escaping.h",
        "strings/match.h",
        "strings/numbers.h",
        "strings/str_cat.h",
        "strings/str_join.h",
        "strings/str_replace.h",
        "strings/str_split.h",
        "strings/string_view.h",
        "strings/strip.h",
        "strings/substitute.h",
    ],
    "absl/synchronization:synchronization": [
        "synchronization/barrier.h",
        "synchronization/blocking_counter.h",
        "synchronization/mutex.h",
        "synchronization/notification.h",
    ],
    "absl/time:time": ["time/civil_time.h", "time/clock.h", "time/time.h"],
    "absl/types:any": ["types/any.h"],
    "absl/types:compare": ["types/compare.h"],
    "absl/types:optional": ["types/optional.h"],
    "absl/types:span": ["types/span.h"],
    "absl/types:variant": ["types/variant.h"],
    "absl/utility:utility": ["utility/utility.h"],
}

# Modules that are not named absl_<target>.
_PKG_CONFIG = {
    "absl/algorithm:container": "absl_algorithm_container",
    "absl/flags:config": "absl_flags_config",
    "absl/flags:flag": "absl_flags",
    "absl/flags:marshalling": "absl_flags_marshalling",
    "absl/flags:parse": "absl_flags_parse",
    "absl/flags:reflection": "absl_flags_reflection",
    "absl/flags:usage": "absl_flags_usage",
    "absl/random:random": "absl_random_random",
}

def _pkg_config(label):
    return _PKG_CONFIG.get(label, "absl_" + label.split(":")[1])

def installed_abseil(name):
    installed_library(
        name = name,
        copied = ["absl"],
        debian_package = "libabsl-dev",
        header = "absl/base/config.h",
        link = {label: [_pkg_config(label)] for label in ABSEIL_TARGETS},
        targets = {
            label: ["absl/" + header for header in headers]
            for label, headers in ABSEIL_TARGETS.items()
        },
        version_macro = "ABSL_LTS_RELEASE_VERSION",
        version_min = 20220623,
    )
