"""Removes what a submission wrote, however deep it dug."""

from __future__ import annotations

import contextlib
import os
import secrets


def remove_tree(folder: str) -> None:
    """Remove a folder and all below it; what cannot be removed stays.

    Neither recursive nor with paths that grow, unlike `shutil.rmtree`: subfolders are moved up before they are emptied, so
    that ten thousand nested ones are no deeper than two. Links are removed and never followed.
    """
    with contextlib.suppress(OSError):
        while folders := _empty(folder, folder):
            for path in folders:
                with contextlib.suppress(OSError):
                    os.chmod(path, 0o700)
                _empty(path, folder)
                os.rmdir(path)
        os.rmdir(folder)


def _empty(folder: str, top: str) -> list[str]:
    """Remove the files of a folder; move its subfolders up to `top`, or return them where they are there already."""
    found = []
    with os.scandir(folder) as entries:
        for entry in list(entries):
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
            elif folder == top:
                found.append(entry.path)
            else:
                os.rename(entry.path, os.path.join(top, secrets.token_hex(8)))
    return found
