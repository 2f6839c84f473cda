//! docs/requirements.md maps every line of the requirement to contracts and tests. It is worth something as long as what it
//! names exists, and as long as no line is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use super::root;

/// The chapters, and how many lines the seeds have in each. A line is an item of a list, or a function, map or rule where
/// there is no list; an item that only groups others is none.
const CHAPTERS: [(&str, usize); 19] = [
    ("Seed 1, 1 Policy registry", 44),
    ("Seed 1, 2 Liquidity pool", 56),
    ("Seed 1, 3 Oracle", 40),
    ("Seed 1, 4 Parameters", 42),
    ("Seed 1, 5 Governance", 41),
    ("Seed 1, 6 P2P marketplace (later)", 41),
    ("Seed 1, 7 Insurance fund", 40),
    ("Seed 1, 8 Treasury", 39),
    ("Seed 1, 9 Liquidation engine (later)", 42),
    ("Seed 1, 10 Upgrade manager", 40),
    ("Seed 1, 11 Incentives (later)", 41),
    ("Seed 1, 12 Analytics", 39),
    ("Seed 1, 13 Dispute resolution (later)", 41),
    ("Seed 1, 14 Emergency response (later)", 40),
    ("Seed 1, general guidelines", 51),
    ("Seed 2, decisions by component", 89),
    ("Seed 3, 2 The vault on chain", 80),
    ("Seed 3, 3 The service off chain", 75),
    ("Seed 4, overview", 47),
];

/// What may stand where no test is named.
const MARKS: [&str; 3] = ["*later*", "*application*", "*reading*"];

/// Commands of `cargo xtask` that measure, and fail when a goal is missed.
const MEASURING: [&str; 1] = ["`xtask/src/costs.rs`"];

/// A row of the tables: chapter and section, line of the seed, what carries it, which tests show it.
#[derive(Debug)]
struct Row {
    chapter: String,
    section: String,
    line: String,
    carried: String,
    shown: String,
}

fn document() -> String {
    fs::read_to_string(root().join("docs/requirements.md")).unwrap()
}

/// The rows below the chapters' headings. Every line of a table there must be one.
fn rows(document: &str) -> Vec<Row> {
    let (mut chapter, mut section) = (String::new(), String::new());
    let mut rows = Vec::new();
    for line in document.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            heading.clone_into(&mut chapter);
        } else if let Some(heading) = line.strip_prefix("### ") {
            heading.clone_into(&mut section);
        }
        let heads = ["| line | what carries it | shown by |", "| --- | --- | --- |"];
        if chapter.is_empty() || !line.starts_with('|') || heads.contains(&line) {
            continue;
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Ok([line, carried, shown]) = <[&str; 3]>::try_from(cells) else {
            panic!("not three cells: {line}");
        };
        let [line, carried, shown] = [line, carried, shown].map(str::to_owned);
        rows.push(Row { chapter: chapter.clone(), section: section.clone(), line, carried, shown });
    }
    rows
}

/// What stands in code type.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn no_cell_is_empty_and_a_line_without_a_test_says_why() {
    let rows = rows(&document());
    for row in &rows {
        assert!(!row.line.is_empty() && !row.carried.is_empty() && !row.shown.is_empty(), "{row:?}");
        assert!(
            MARKS.contains(&row.shown.as_str())
                || row.shown.split(", ").all(|name| MEASURING.contains(&name) || is_a_tests_name(name)),
            "neither a mark nor tests: {row:?}"
        );
        for mark in ["*later*", "*application*"] {
            assert!(row.shown != mark || row.carried.contains(mark), "{mark} on one side only: {row:?}");
        }
    }
}

fn is_a_tests_name(text: &str) -> bool {
    let name = text.strip_prefix('`').and_then(|text| text.strip_suffix('`'));
    name.is_some_and(|name| name.contains("/tests/") && name.contains("::") && !name.contains('`'))
}

#[test]
fn every_line_of_the_seeds_has_its_row() {
    let document = document();
    let rows = rows(&document);
    let mut found: BTreeMap<&str, BTreeSet<[&str; 2]>> = BTreeMap::new();
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        found.entry(&row.chapter).or_default().insert([&row.section, &row.line]);
        *counted.entry(&row.chapter).or_default() += 1;
    }
    for (chapter, lines) in CHAPTERS {
        assert_eq!(counted.get(chapter), Some(&lines), "rows of {chapter:?}");
        let entry = format!("| [{chapter}](#{}) | {lines} |", anchor(chapter));
        assert!(document.contains(&entry), "the list of chapters lacks {entry:?}");
    }
    assert_eq!(counted.len(), CHAPTERS.len(), "{:?}", counted.keys());
    // The same row twice would make up for one that is missing.
    for (chapter, lines) in counted {
        assert_eq!(found.get(chapter).unwrap().len(), lines, "{chapter:?} has a row twice");
    }
}

/// Where a heading is linked to.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_ascii_alphanumeric() || " -".contains(*letter));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn whatever_is_named_in_code_type_exists() {
    let document = document();
    let contracts = Contracts::load();
    let mut tests = Tests::default();
    let mut missing = Vec::new();
    let mut counts = [0; 3];
    for name in code(&document) {
        let (kind, exists) = if name.contains("::") {
            (0, tests.has(name))
        } else if name.contains('/') {
            (1, root().join(name).exists())
        } else {
            (2, contracts.has(name))
        };
        counts[kind] += 1;
        if !exists {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "docs/requirements.md names what is not there: {missing:#?}");
    // So that a document that is read as empty is noticed.
    assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
}

#[test]
fn what_does_not_exist_is_noticed() {
    let contracts = Contracts::load();
    for name in ["governance.vote", "governance.proposals", "governance.tallies.eta", "governance:vote-cast"]
    {
        assert!(contracts.has(name), "{name}");
    }
    for name in [
        "governance.vot",
        "governance.proposals.eta",
        "treasury.vote",
        "governance:voted",
        "treasury:vote-cast",
        "vote",
    ] {
        assert!(!contracts.has(name), "{name}");
    }
    let mut tests = Tests::default();
    assert!(tests.has("xtask/tests/workspace::requirements::what_does_not_exist_is_noticed"));
    for name in [
        // A function and no test, another module, a module that is not there, no such package.
        "xtask/tests/workspace::requirements::anchor",
        "xtask/tests/workspace::documents::what_does_not_exist_is_noticed",
        "xtask/tests/workspace::nothing::what_does_not_exist_is_noticed",
        "nothing/tests/workspace::requirements::what_does_not_exist_is_noticed",
    ] {
        assert!(!tests.has(name), "{name}");
    }
}

/// The sources of the contracts by name, without comments, and the events that they print.
struct Contracts {
    sources: BTreeMap<String, String>,
    events: BTreeSet<String>,
}

impl Contracts {
    fn load() -> Self {
        let mut sources = BTreeMap::new();
        let folder = root().join("contracts");
        for folder in [folder.clone(), folder.join("adapters"), folder.join("traits")] {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|extension| extension == "clar") {
                    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                    let source = fs::read_to_string(path).unwrap();
                    let code = source.lines().map(|line| line.split(";;").next().unwrap());
                    sources.insert(name, code.collect::<Vec<_>>().join("\n"));
                }
            }
        }
        let schema = fs::read_to_string(folder.join("events.toml")).unwrap();
        let value = |line: &str, key: &str| {
            let quoted = line.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim();
            Some(quoted.trim_matches('"').to_owned())
        };
        let (mut contract, mut events) = (String::new(), BTreeSet::new());
        for line in schema.lines() {
            if let Some(name) = value(line, "contract") {
                contract = name;
            } else if let Some(name) = value(line, "name") {
                events.insert(format!("{contract}:{name}"));
            }
        }
        Self { sources, events }
    }

    /// Whether there is such an event (`contract:event`), definition (`contract.item`) or field (`contract.item.field`).
    fn has(&self, name: &str) -> bool {
        if name.contains(':') {
            return self.events.contains(name);
        }
        let mut parts = name.split('.');
        let (Some(contract), Some(item)) = (parts.next(), parts.next()) else { return false };
        let Some(form) = self.sources.get(contract).and_then(|source| definition(source, item)) else {
            return false;
        };
        match (parts.next(), parts.next()) {
            (None, _) => true,
            (Some(field), None) => words(form).any(|word| word.strip_suffix(':') == Some(field)),
            (Some(_), Some(_)) => false,
        }
    }
}

/// The text between the brackets of `(define-… item …)` or `(define-… (item …) …)`.
fn definition<'a>(source: &'a str, item: &str) -> Option<&'a str> {
    source.match_indices("\n(define-").find_map(|(start, _)| {
        let form = &source[start + 1..];
        (words(form).nth(1)? == item).then(|| {
            let mut depth = 0;
            let end = form.find(|letter| {
                depth += i32::from(letter == '(') - i32::from(letter == ')');
                depth == 0
            });
            &form[..end.unwrap_or(form.len())]
        })
    })
}

fn words(form: &str) -> impl Iterator<Item = &str> {
    form.split(|letter: char| letter.is_whitespace() || "(){},".contains(letter))
        .filter(|word| !word.is_empty())
}

/// The tests of each source, read when first asked for.
#[derive(Default)]
struct Tests {
    sources: BTreeMap<PathBuf, BTreeSet<String>>,
}

impl Tests {
    /// Whether `package/tests/target::modules::function` is a test that runs, or a case of one.
    fn has(&mut self, name: &str) -> bool {
        let mut parts: Vec<&str> = name.split("::").collect();
        let (Some(function), false) = (parts.pop(), parts.is_empty()) else { return false };
        let path = parts.join("/");
        ["crates", ""].iter().any(|folder| {
            let path = root().join(folder).join(&path);
            let mut files =
                [path.with_extension("rs"), path.join("mod.rs"), path.join("main.rs")].into_iter();
            files.any(|file| self.of(file).contains(function))
        })
    }

    fn of(&mut self, file: PathBuf) -> &BTreeSet<String> {
        self.sources
            .entry(file)
            .or_insert_with_key(|file| running(&fs::read_to_string(file).unwrap_or_default()))
    }
}

/// The tests in a source that are not ignored, and the functions in their lists `cases![…]`.
fn running(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut attributes = Vec::new();
    let (mut is_running, mut is_in_list) = (false, false);
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[") {
            attributes.push(line);
            continue;
        }
        if line.starts_with("//") {
            continue;
        }
        if let Some(name) = function(line) {
            let is = |start: &str| attributes.iter().any(|attribute| attribute.starts_with(start));
            is_running = (is("#[test]") || is("#[tokio::test")) && !is("#[ignore");
            if is_running {
                found.insert(name.to_owned());
            }
        }
        attributes.clear();
        let mut rest = line;
        if let Some((_, list)) = line.split_once("cases![") {
            (rest, is_in_list) = (list, true);
        }
        if is_in_list {
            let (list, is_over) = rest.split_once(']').map_or((rest, false), |(list, _)| (list, true));
            if is_running {
                let is_name = |text: &&str| {
                    !text.is_empty()
                        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
                };
                found.extend(list.split(',').map(str::trim).filter(is_name).map(str::to_owned));
            }
            is_in_list = !is_over;
        }
    }
    found
}

/// The name of the function that begins on a line.
fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.strip_prefix("fn ")?.split(['(', '<']).next()
}

#[test]
fn ignored_tests_show_nothing() {
    let source = "
        fn plain() {}
        #[test]
        /// Said in between.
        fn one() { hold(cases![first, second]); }
        #[tokio::test(flavor = \"current_thread\")]
        async fn two() {
            hold(cases![
                third, // and why
                fourth,
            ]);
        }
        #[test]
        #[ignore = \"slow\"]
        fn three() {
            hold(cases![fifth]);
        }
        fn later() { let cases = cases![sixth]; }
    ";
    let names = running(source);
    assert_eq!(
        names.iter().map(String::as_str).collect::<Vec<_>>(),
        ["first", "fourth", "one", "second", "third", "two"]
    );
}
