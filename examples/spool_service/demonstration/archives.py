# SPDX-License-Identifier: Apache-2.0

"""Archives to upload, each of which is different, and what the answer must say."""

import hashlib
import io
import tarfile

# Each archive has another number here.
MARK = b"@" * 20


class Template:
    """A tar file of a directory and three files, with MARK in one of them."""

    def __init__(self, size=6000):
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as tar:
            directory = tarfile.TarInfo("report")
            directory.type = tarfile.DIRTYPE
            directory.mode = 0o755
            tar.addfile(directory)
            for name, data in (
                ("report/number", MARK),
                ("report/text", b"spooled, unpacked and removed\n" * 20),
                ("report/data", bytes(i * i % 251 for i in range(251)) * (size // 251)),
            ):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        self.body = content.getvalue()
        self.entries = 4
        assert self.body.count(MARK) == 1

    def numbered(self, number):
        """Returns a body, and the answer that it must get."""
        body = self.body.replace(MARK, b"%020d" % number)
        return body, {
            "sha256": hashlib.sha256(body).hexdigest(),
            "bytes": len(body),
            "entries": self.entries,
        }
