#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| homepay_fuzz::entry("number")(bytes));
