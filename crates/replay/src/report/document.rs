//! A report's parts, and what they are in Markdown and in HTML.

use std::fmt::Write as _;

use bithedge_charts::Chart;

/// A chart in both themes.
pub(super) struct Picture {
    /// The name of its files.
    pub(super) name: String,
    pub(super) light: Chart,
    pub(super) dark: Chart,
}

/// A part of a report.
pub(super) enum Block {
    Heading(String),
    Text(String),
    /// The first column is words, the others are figures.
    Table {
        head: Vec<String>,
        rows: Vec<Vec<String>>,
    },
    Picture(Box<Picture>),
}

/// A report.
pub(super) struct Document {
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
}

impl Document {
    pub(super) fn pictures(&self) -> impl Iterator<Item = &Picture> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Picture(picture) => Some(&**picture),
            _ => None,
        })
    }

    pub(super) fn markdown(&self) -> String {
        let mut out = format!("# {}\n", self.title);
        for block in &self.blocks {
            out.push('\n');
            // Writing to a text cannot fail.
            let _ = match block {
                Block::Heading(text) => writeln!(out, "## {text}"),
                Block::Text(text) => writeln!(out, "{text}"),
                Block::Table { head, rows } => {
                    let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
                    let rule: Vec<String> =
                        (0..head.len()).map(|at| if at == 0 { "---" } else { "---:" }.to_owned()).collect();
                    let mut lines = vec![line(head), line(&rule)];
                    lines.extend(rows.iter().map(|row| line(row)));
                    writeln!(out, "{}", lines.join("\n"))
                }
                Block::Picture(picture) => writeln!(
                    out,
                    "**{}**\n\n<picture>\n  <source media=\"(prefers-color-scheme: dark)\" \
                     srcset=\"{name}-dark.svg\">\n  <img alt=\"{alt}\" src=\"{name}.svg\">\n</picture>",
                    picture.light.title,
                    name = picture.name,
                    alt = escaped(&picture.light.summary),
                ),
            };
        }
        out
    }

    pub(super) fn html(&self) -> String {
        let mut body = String::new();
        for block in &self.blocks {
            let _ = match block {
                Block::Heading(text) => writeln!(body, "<h2>{}</h2>", escaped(text)),
                Block::Text(text) => writeln!(body, "<p>{}</p>", emphasised(&escaped(text))),
                Block::Table { head, rows } => {
                    let cells = |cells: &[String], tag: &str| {
                        let cell = |text: &String| format!("<{tag}>{}</{tag}>", escaped(text));
                        format!("<tr>{}</tr>", cells.iter().map(cell).collect::<String>())
                    };
                    let rows: String = rows.iter().map(|row| cells(row, "td")).collect();
                    let head = cells(head, "th");
                    writeln!(
                        body,
                        "<div class=\"table\"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>"
                    )
                }
                Block::Picture(picture) => writeln!(
                    body,
                    "<figure><figcaption>{}</figcaption><div class=\"light\">{}</div><div class=\"dark\">{}</div></figure>",
                    escaped(&picture.light.title),
                    picture.light.svg,
                    picture.dark.svg,
                ),
            };
        }
        let title = escaped(&self.title);
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
        )
    }
}

/// `**…**` as HTML, in a text that is escaped already.
fn emphasised(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split("**").enumerate() {
        let _ = if index % 2 == 1 { write!(out, "<strong>{part}</strong>") } else { write!(out, "{part}") };
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const STYLE: &str = "
:root { color-scheme: light dark; --ground: light-dark(#f5f6f4, #0f1311); --surface: light-dark(#ffffff, #171c1a);
  --line: light-dark(#e2e6e1, #2a322e); --text: light-dark(#15201b, #e9efeb); --muted: light-dark(#55615b, #a0aca6); }
body { margin: 0; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Inter, Roboto, Cantarell, 'Noto Sans', 'DejaVu Sans', sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 16px; }
h2 { font-size: 19px; margin: 40px 0 8px; }
p { margin: 8px 0; max-width: 72ch; }
.table { overflow-x: auto; margin: 12px 0; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 9px; text-align: right; border-top: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; padding-left: 14px; min-width: 15ch; }
th:last-child, td:last-child { padding-right: 14px; }
thead th { border-top: 0; color: var(--muted); font-weight: 600; white-space: normal; vertical-align: bottom; }
figure { margin: 16px 0; padding: 16px; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
figcaption { font-weight: 600; margin-bottom: 8px; }
figure svg { display: block; max-width: 100%; height: auto; }
.dark { display: none; }
@media (prefers-color-scheme: dark) { .light { display: none; } .dark { display: block; } }
";
