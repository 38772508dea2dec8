//! A household in one process.

use super::out::Out;
use super::{Done, Exit};

pub(super) async fn demo(once: bool, seed: u64, lang: Option<&str>, out: Out) -> Done {
    let _ = (once, seed, lang, out);
    Ok(Exit::Done)
}
