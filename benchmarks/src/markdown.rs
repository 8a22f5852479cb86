//! Markdown tables, aligned so that they can be read as text too. Used by all three binaries.

/// A Markdown table; the first column is text, the others are numbers.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count(), 2]).max().expect("there is a head")
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let mut out = String::from("|");
        for (column, cell) in cells.into_iter().enumerate() {
            let width = widths[column];
            out += &match column {
                0 => format!(" {cell:width$} |"),
                _ => format!(" {cell:>width$} |"),
            };
        }
        out + "\n"
    };
    let rule = widths.iter().enumerate().map(|(column, width)| match column {
        0 => "-".repeat(*width),
        _ => format!("{}:", "-".repeat(width - 1)),
    });
    let rule: Vec<String> = rule.collect();

    let mut out = line(head.to_vec());
    out += &line(rule.iter().map(String::as_str).collect());
    for row in rows {
        out += &line(row.iter().map(String::as_str).collect());
    }
    out
}

/// A Markdown table of sentences, which are not aligned.
#[allow(dead_code, reason = "one of the binaries has sentences")]
pub fn table_of_text(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len()));
    for row in rows {
        out += &format!("| {} |\n", row.join(" | "));
    }
    out
}
