//! Tables: the figures behind a plot, and those that need none.

use super::markup::Text;

/// A table. Cells of the first column head their rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    /// What it holds, for those who do not see where it stands.
    pub(super) caption: String,
    heads: Vec<String>,
    rows: String,
    count: usize,
    /// Whether cells after the first are words rather than figures.
    words: bool,
}

impl Table {
    /// A table without rows.
    pub(super) fn new<S: Into<String>>(caption: &str, heads: impl IntoIterator<Item = S>) -> Self {
        let heads = heads.into_iter().map(Into::into).collect();
        Self { caption: caption.into(), heads, ..Self::default() }
    }

    /// The same with words in its cells, aligned as text.
    pub(super) fn of_words(self) -> Self {
        Self { words: true, ..self }
    }

    /// Adds a row of texts.
    pub(super) fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.markup_row(cells.into_iter().map(|cell| Text(cell.as_ref()).to_string()));
    }

    /// Adds a row of markup.
    pub(super) fn markup_row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push_str("<tr>");
        for (column, cell) in cells.into_iter().enumerate() {
            let (open, close) = if column == 0 { ("<th scope=\"row\">", "</th>") } else { ("<td>", "</td>") };
            self.rows.push_str(open);
            self.rows.push_str(cell.as_ref());
            self.rows.push_str(close);
        }
        self.rows.push_str("</tr>\n");
        self.count += 1;
    }

    /// The table. It scrolls by itself where it is wider than the page.
    pub(super) fn markup(&self) -> String {
        let heads: Vec<String> =
            self.heads.iter().map(|head| format!("<th scope=\"col\">{}</th>", Text(head))).collect();
        let class = if self.words { " class=\"words\"" } else { "" };
        let (caption, heads) = (Text(&self.caption), heads.concat());
        format!(
            "<div class=\"scroll\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\"><table{class}>\
             <caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>\n{}</tbody></table></div>\n",
            self.rows
        )
    }

    /// The table behind a plot, opened on demand.
    pub(super) fn behind(&self) -> String {
        let rows = if self.count == 1 { "row" } else { "rows" };
        format!("<details><summary>As a table ({} {rows})</summary>\n{}</details>\n", self.count, self.markup())
    }
}
