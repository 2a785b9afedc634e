//! The command `fathom`.

#[expect(unused_imports, reason = "the commands that load inputs are not wired yet")]
mod data;

fn main() {}
