//! A panic on purpose, for the tests of the door that stops it. No release has it: tests use the development build.

use crate::runtime::{answer, bytes};
use jni::EnvUnowned;
use jni::objects::{JByteArray, JClass};

/// Panics with the words that Java gives. The class `Panic` lies with the tests.
#[unsafe(no_mangle)]
extern "system" fn Java_io_facebridge_Panic_with<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    words: JByteArray<'local>,
) -> JByteArray<'local> {
    answer(env, |env| -> facebridge::Result<()> {
        let words = bytes(env, &words)?;
        panic!("{}", String::from_utf8_lossy(&words))
    })
}
