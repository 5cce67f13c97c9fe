//! The facebridge command.
fn main() {}
