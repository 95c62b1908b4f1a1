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
