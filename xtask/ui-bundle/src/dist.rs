//! The folder `ui/dist`: collected in memory, then written where it differs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::compile::Script;

/// Files of the page, by their path below `ui/dist`.
#[derive(Default)]
pub(crate) struct Dist {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Dist {
    /// Adds what is written by hand: the pages (`*.html`), `boot.js`, all of `static/`, and `styles/*.css` joined in the
    /// order of their names into `styles.css` (one request, and the cascade does not depend on loading).
    pub(crate) fn add_pages(&mut self, ui: &Path) -> Result<()> {
        self.add(PathBuf::from("boot.js"), read(&ui.join("boot.js"))?)?;
        for entry in fs::read_dir(ui).with_context(|| format!("cannot read the folder {}", ui.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "html") {
                self.add(PathBuf::from(path.file_name().unwrap_or_default()), read(&path)?)?;
            }
        }
        self.add(PathBuf::from("styles.css"), joined_styles(&ui.join("styles"))?)?;
        let mut assets = BTreeMap::new();
        if ui.join("static").is_dir() {
            read_tree(&ui.join("static"), Path::new(""), &mut assets)?;
        }
        assets.into_iter().try_for_each(|(path, content)| self.add(path, content))
    }

    /// Adds a program's wasm and its JavaScript, which some page has to name.
    pub(crate) fn add_script(&mut self, script: &Script) -> Result<()> {
        self.ensure_named(&script.program)?;
        self.add(script.wasm_path(), script.wasm.clone())?;
        script.modules.iter().try_for_each(|(path, content)| self.add(path.clone(), content.clone()))
    }

    /// A program that no page names would be built for nothing, and a page that names it wrongly would show nothing.
    fn ensure_named(&self, program: &str) -> Result<()> {
        let attribute = format!("data-program=\"{program}\"");
        let names = |(path, content): (&PathBuf, &Vec<u8>)| {
            path.extension().is_some_and(|extension| extension == "html")
                && String::from_utf8_lossy(content).contains(&attribute)
        };
        ensure!(self.files.iter().any(names), "no page says {attribute}");
        Ok(())
    }

    fn add(&mut self, path: PathBuf, content: Vec<u8>) -> Result<()> {
        ensure!(!self.files.contains_key(&path), "two files want to be ui/dist/{}", path.display());
        self.files.insert(path, content);
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// Makes `folder` hold these files and no others. Returns how many were written or removed; a file that is
    /// already right is not touched, so whoever embeds it need not build again.
    pub(crate) fn write(&self, folder: &Path) -> Result<usize> {
        let mut present = BTreeMap::new();
        if folder.is_dir() {
            read_tree(folder, Path::new(""), &mut present)?;
        }
        let mut changed = 0;
        for path in present.keys().filter(|path| !self.files.contains_key(*path)) {
            fs::remove_file(folder.join(path))?;
            changed += 1;
        }
        for (path, content) in self.files.iter().filter(|(path, content)| present.get(*path) != Some(content))
        {
            let target = folder.join(path);
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&target, content).with_context(|| format!("cannot write {}", target.display()))?;
            changed += 1;
        }
        Ok(changed)
    }
}

fn joined_styles(folder: &Path) -> Result<Vec<u8>> {
    let mut sheets = BTreeMap::new();
    read_tree(folder, Path::new(""), &mut sheets)?;
    sheets.retain(|path, _| path.extension().is_some_and(|extension| extension == "css"));
    ensure!(!sheets.is_empty(), "{} holds no style sheet", folder.display());
    let mut joined = Vec::new();
    for (path, content) in sheets {
        joined.extend_from_slice(format!("/* {} */\n", path.display()).as_bytes());
        joined.extend_from_slice(&content);
        joined.push(b'\n');
    }
    Ok(joined)
}

/// Reads every file below `folder` into `files`, with `prefix` before its path.
pub(crate) fn read_tree(folder: &Path, prefix: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = prefix.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            read_tree(&entry.path(), &path, files)?;
        } else {
            files.insert(path, read(&entry.path())?);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        file("index.html", "<html data-program=\"main\">");
        file("other.html", "<html data-program=\"other\">");
        file("boot.js", "import");
        file("styles/20-b.css", "b{}");
        file("styles/10-a.css", "a{}");
        file("styles/notes.md", "not a style");
        file("static/icons/home.svg", "<svg/>");
        folder
    }

    #[test]
    fn styles_are_joined_in_the_order_of_their_names() {
        let page = page();
        let mut dist = Dist::default();
        dist.add_pages(page.path()).unwrap();
        let styles = String::from_utf8(dist.files[Path::new("styles.css")].clone()).unwrap();
        assert_eq!(styles, "/* 10-a.css */\na{}\n/* 20-b.css */\nb{}\n");
        assert!(dist.files.contains_key(Path::new("icons/home.svg")));
    }

    #[test]
    fn writing_touches_only_what_differs() {
        let page = page();
        let mut dist = Dist::default();
        dist.add_pages(page.path()).unwrap();
        let target = page.path().join("dist");
        assert_eq!(dist.write(&target).unwrap(), 5);
        assert_eq!(dist.write(&target).unwrap(), 0);
        fs::write(target.join("left-over.js"), "").unwrap();
        fs::write(target.join("boot.js"), "changed").unwrap();
        assert_eq!(dist.write(&target).unwrap(), 2);
        assert!(!target.join("left-over.js").exists());
        assert_eq!(fs::read(target.join("boot.js")).unwrap(), b"import");
    }

    #[test]
    fn a_program_that_no_page_names_is_refused() {
        let page = page();
        let mut dist = Dist::default();
        dist.add_pages(page.path()).unwrap();
        let script = |program: &str| Script {
            program: program.to_owned(),
            modules: BTreeMap::from([(PathBuf::from(format!("{program}.js")), Vec::new())]),
            wasm: Vec::new(),
        };
        dist.add_script(&script("other")).unwrap();
        let error = dist.add_script(&script("mian")).unwrap_err();
        assert!(error.to_string().contains("mian"), "{error}");
        assert!(dist.files.contains_key(Path::new("other_bg.wasm")));
        assert!(dist.files.contains_key(Path::new("other.js")));
    }

    #[test]
    fn two_files_for_one_place_are_refused() {
        let page = page();
        fs::write(page.path().join("static/styles.css"), "c{}").unwrap();
        let error = Dist::default().add_pages(page.path()).unwrap_err();
        assert!(error.to_string().contains("styles.css"), "{error}");
    }
}
