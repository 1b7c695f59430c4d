// SPDX-License-Identifier: Apache-2.0

//! Removes trees: remove_dir_all PATH...

fn main() -> std::io::Result<()> {
    for path in std::env::args_os().skip(1) {
        std::fs::remove_dir_all(path)?;
    }
    Ok(())
}
