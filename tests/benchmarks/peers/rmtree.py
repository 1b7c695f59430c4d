# SPDX-License-Identifier: Apache-2.0

"""Removes trees: rmtree.py PATH..."""

import shutil
import sys

for path in sys.argv[1:]:
    shutil.rmtree(path)
