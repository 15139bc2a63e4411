//! Cells of comma-separated values (RFC 4180), the same from the command line, the API and the pages.
//!
//! What a spreadsheet would take for a formula begins with an apostrophe, which makes it text there. Who wants it verbatim
//! asks for JSON. Files that are read back by their own import are not written by this.

/// What a cell that a spreadsheet computes begins with.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Appends a cell, quoted where it must be.
pub fn cell(out: &mut String, text: &str) {
    let mark = if text.starts_with(FORMULA) { "'" } else { "" };
    if text.contains(['"', ',', '\n', '\r']) {
        out.push('"');
        out.push_str(mark);
        for (n, part) in text.split('"').enumerate() {
            if n > 0 {
                out.push_str("\"\"");
            }
            out.push_str(part);
        }
        out.push('"');
    } else {
        out.push_str(mark);
        out.push_str(text);
    }
}

/// Appends a line of cells with its end.
pub fn line<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (n, text) in cells.into_iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        cell(out, text);
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn cells_are_quoted_and_no_cell_is_a_formula() {
        let mut out = String::new();
        line(&mut out, ["plain", "a,b", "say \"so\"", "two\nlines", "", "=1+1", "-5", "@x,y", "\tz", "a=b"]);
        let wanted = "plain,\"a,b\",\"say \"\"so\"\"\",\"two\nlines\",,'=1+1,'-5,\"'@x,y\",'\tz,a=b\r\n";
        assert_eq!(out, wanted);
    }
}
