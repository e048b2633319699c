//! Columns of text.

/// Rows under a heading, each column as wide as its widest cell; the last is not padded.
pub(crate) fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let heading: Vec<String> = heading.iter().map(ToString::to_string).collect();
    let rows: Vec<&Vec<String>> = std::iter::once(&heading).chain(rows).collect();
    let widths: Vec<usize> = (0..heading.len())
        .map(|column| rows.iter().map(|row| width(row, column)).max().unwrap_or(0))
        .collect();
    let lines: Vec<String> = rows.iter().map(|row| line(row, &widths)).collect();
    lines.join("\n")
}

fn width(row: &[String], column: usize) -> usize {
    row.get(column).map_or(0, |cell| cell.chars().count())
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells: Vec<String> = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell:width$}"))
        .collect();
    cells.join("  ").trim_end().to_owned()
}

/// Names and values, a line each; absent values are left out.
pub(crate) fn sheet(fields: &[(&str, Option<String>)]) -> String {
    let present = || {
        fields
            .iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)))
    };
    let width = present().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = present()
        .map(|(name, value)| format!("{name:width$}  {}", indented(value, width + 2)))
        .collect();
    lines.join("\n")
}

fn indented(text: &str, by: usize) -> String {
    let margin = format!("\n{}", " ".repeat(by));
    text.trim_end().replace('\n', &margin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            vec!["a".to_owned(), "long cell".to_owned(), "x".to_owned()],
            vec!["bbb".to_owned(), "é".to_owned(), String::new()],
        ];
        let text = table(&["ID", "NAME", "LAST"], &rows);
        assert_eq!(text, "ID   NAME       LAST\na    long cell  x\nbbb  é");
    }

    #[test]
    fn a_sheet_leaves_out_what_is_absent_and_indents_what_is_long() {
        let fields = [
            ("id", Some("1".to_owned())),
            ("gone", None),
            ("error", Some("a\nb\n".to_owned())),
        ];
        assert_eq!(sheet(&fields), "id     1\nerror  a\n       b");
    }
}
