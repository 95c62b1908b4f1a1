//! What the pages beside the code say of files and links is so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const REPOSITORY: &str = "https://github.com/rocket-remote-user/rocket_remote_user/blob/main/";

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect(name)
}

/// A page without its blocks of code.
fn prose(name: &str) -> String {
    let page = page(name);
    let blocks = page.split("```").step_by(2);
    blocks.collect()
}

fn exists(path: impl AsRef<Path>) -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists()
}

/// The targets of all links in Markdown: `[text](target)` and `[text]: target`.
fn link_targets(markdown: &str) -> BTreeSet<&str> {
    let inline = markdown.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    let definitions = markdown.lines().filter(|line| line.starts_with('['));
    let defined = definitions.filter_map(|line| Some(line.split_once("]: ")?.1));
    inline.chain(defined).collect()
}

/// The anchors of all headings, as the registry and rustdoc make them.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let headings = markdown.lines().filter(|line| line.starts_with('#'));
    let text = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    text.map(|text| text.replace(' ', "-")).collect()
}

/// What stands between backticks on one line.
fn code_spans(markdown: &str) -> impl Iterator<Item = &str> {
    markdown.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn the_links_of_the_readme_work_wherever_it_is_shown() {
    let readme = prose("README.md");
    let anchors = anchors(&readme);
    let targets = link_targets(&readme);
    assert!(targets.len() > 15, "{targets:?}");
    for target in targets {
        if let Some(anchor) = target.strip_prefix('#') {
            assert!(anchors.contains(anchor), "{target} is no heading of {anchors:?}");
        } else if let Some(path) = target.strip_prefix(REPOSITORY) {
            assert!(exists(path), "{path} is not there");
        } else {
            assert!(target.starts_with("https://"), "{target} works in the repository only");
        }
    }
}

#[test]
fn the_links_between_the_other_pages_lead_to_files() {
    let pages = ["SECURITY.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "recipes/README.md"];
    for name in pages.into_iter().chain(["docs/schema.md", "docs/scaling.md", "docs/deploying.md"]) {
        let folder = Path::new(name).parent().expect("a folder");
        for target in link_targets(&prose(name)) {
            let file = folder.join(target.split('#').next().expect("a path"));
            assert!(target.starts_with("https://") || exists(&file), "{target} in {name}");
        }
    }
}

#[test]
fn the_files_that_the_architecture_names_are_there() {
    let page = page("ARCHITECTURE.md");
    let is_file = |span: &&str| span.contains('/') && !span.contains([' ', '<', '*', '…']);
    let files: BTreeSet<_> = code_spans(&page).filter(is_file).collect();
    assert!(files.len() > 20, "{files:?}");
    for file in files {
        assert!(exists(file) || exists(format!("src/{file}")), "{file} is not there");
    }
}

#[test]
fn the_modules_of_the_architecture_are_those_of_the_crate() {
    let (page, root) = (page("ARCHITECTURE.md"), page("src/lib.rs"));
    let modules = root
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
    let described: BTreeSet<_> =
        page.lines().filter(|line| line.starts_with("| `")).flat_map(code_spans).collect();
    for module in modules.filter(|module| *module != "fuzzing") {
        assert!(described.contains(module), "{module} is in no row of the table");
    }
}

/// Every file of the crate that is not of tests only, with its path below `src`.
fn source_files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            let code = std::fs::read_to_string(&path).expect("text");
            files.push((path, code));
        }
    }
    files
}

/// The `//!` lines that a file begins with, as one line.
fn module_comment(code: &str) -> String {
    let lines: Vec<_> = code.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
    lines.join(" ")
}

/// The modules that a file imports from `root`: `crate`, or `super` for its siblings.
fn imports<'a>(code: &'a str, root: &str) -> BTreeSet<&'a str> {
    let code = code.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let start = format!("\nuse {root}::");
    let paths = code.split(start.as_str()).skip(1).filter_map(|rest| Some(rest.split_once(';')?.0));
    let names = paths.flat_map(|path| match path.strip_prefix('{') {
        Some(list) => list.trim_end_matches('}').split(',').map(str::trim).collect(),
        None => vec![path],
    });
    let modules = names.filter_map(|name| name.split("::").next());
    modules.filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase())).collect()
}

#[test]
fn every_module_says_what_it_may_depend_on_and_depends_on_nothing_else() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = source_files(&src);
    assert!(files.len() > 80, "{}", files.len());
    for (path, code) in &files {
        let below = path.strip_prefix(&src).expect("a file of src");
        let domain = below.iter().next().and_then(|first| first.to_str()).expect("a name");
        let domain = domain.trim_end_matches(".rs");
        if domain == "lib" {
            continue;
        }
        let comment = module_comment(code);
        assert!(comment.contains("depends on"), "{below:?} does not say what it may depend on");
        for sibling in imports(code, "super") {
            assert!(comment.contains(&format!("`{sibling}`")), "{below:?} may not depend on {sibling}");
        }
        let domain_file = [format!("{domain}/mod.rs"), format!("{domain}.rs")].map(|file| src.join(file));
        let domain_file = domain_file.iter().find(|file| file.exists()).expect("the module's own file");
        let permitted = module_comment(&std::fs::read_to_string(domain_file).expect("text"));
        for module in imports(code, "crate").into_iter().filter(|module| *module != domain) {
            let is_error = module == "error" || module == "launch";
            let is_permitted =
                permitted.contains(&format!("`{module}`")) || is_error && permitted.contains("the errors");
            assert!(is_permitted, "{below:?} may not depend on {module}");
        }
    }
}

/// The sources in a folder, with those of the folders in it, as one text.
fn sources(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let text = |path: PathBuf| match path.extension() {
        _ if path.is_dir() => sources(&path),
        Some(extension) if extension == "rs" => std::fs::read_to_string(&path).expect("a source"),
        _ => String::new(),
    };
    entries.map(text).collect()
}

/// Whether a file is there whose path this is, in whose last part each `*` stands for anything.
fn is_there(path: &str) -> bool {
    let (folder, pattern) = path.rsplit_once('/').expect("a folder");
    if pattern.is_empty() {
        return exists(folder);
    }
    let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("a folder");
    let mut names = files.map(|file| file.expect("a file").file_name());
    names.any(|name| name.to_str().is_some_and(|name| matches(pattern, name)))
}

fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    (0..=name.len()).any(|end| name.get(end..).is_some_and(|name| matches(rest, name)))
}

#[test]
fn every_test_and_attack_that_a_promise_rests_on_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = sources(&root.join("tests")) + &sources(&root.join("src"));
    let mut found = [0; 3];
    for name in ["README.md", "SECURITY.md"] {
        let page = prose(name);
        for span in code_spans(&page).filter(|span| !span.contains(' ')) {
            let folders = ["tests/", "src/", "fuzz/"];
            if let Some(attack) = span.strip_prefix("corpus/").filter(|attack| *attack != "…") {
                assert!(is_there(&format!("tests/corpus/{attack}.toml")), "{name}: {span} is not there");
                found[0] += 1;
            } else if folders.iter().any(|folder| span.starts_with(folder)) {
                assert!(is_there(span), "{name}: {span} is not there");
                found[1] += 1;
            } else if span.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
                && span.matches('_').count() > 3
            {
                assert!(sources.contains(&format!("fn {span}(")), "{name}: no test is called {span}");
                found[2] += 1;
            }
        }
    }
    let [attacks, files, tests] = found;
    assert!(attacks > 40 && files > 10 && tests > 60, "{found:?}");
}
