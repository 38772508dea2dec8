//! Where the console is, for whoever looks at the terminal: in words, and as a picture for a phone.

use super::out::line;
use qrcodegen::{QrCode, QrCodeEcc};
use std::io::IsTerminal;
use std::net::SocketAddr;

/// How many light modules stand around a QR code, so that cameras find it.
const QUIET_MODULES: i32 = 2;

/// Says where the console is; where no owner can sign in yet, by which code one can.
pub(super) fn lead_to_console(console: SocketAddr, setup_code: Option<&str>) {
    let Some(code) = setup_code else {
        return line(&format!("  console        http://{console}/"));
    };
    let address = format!("http://{console}/setup");
    line(&format!("  console        {address}"));
    line(&format!("  setup code     {code}"));
    if std::io::stdout().is_terminal()
        && let Some(picture) = picture(&format!("{address}#{code}"))
    {
        line(&picture);
    }
}

/// A QR code in half blocks, light on dark as most terminals are: two modules a character.
fn picture(text: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Low).ok()?;
    let (from, to) = (-QUIET_MODULES, code.size() + QUIET_MODULES);
    let is_light = |x: i32, y: i32| y < to && !code.get_module(x, y);
    let half = |x: i32, y: i32| match (is_light(x, y), is_light(x, y + 1)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    let rows = (from..to).step_by(2).map(|y| (from..to).map(|x| half(x, y)).collect::<String>());
    Some(rows.map(|row| format!("  {row}")).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::picture;

    #[test]
    fn a_picture_is_square_and_has_a_light_border() {
        let picture = picture("http://127.0.0.1:8420/setup#123456").expect("a picture");
        let rows: Vec<Vec<char>> =
            picture.lines().map(|row| row.chars().skip(2).collect()).collect();
        assert!(rows.iter().all(|row| row.len().div_ceil(2) == rows.len()), "{picture}");
        assert!(rows[0].iter().all(|c| *c == '█'), "{picture}");
        assert!(rows.iter().all(|row| row[0] != ' '), "{picture}");
    }
}
