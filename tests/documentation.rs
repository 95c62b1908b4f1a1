//! What the pages beside the code say of files and links is so.

use std::collections::BTreeSet;
use std::path::Path;

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

fn exists(path: &str) -> bool {
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
    for name in ["SECURITY.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "docs/schema.md", "docs/scaling.md"] {
        for target in link_targets(&prose(name)) {
            assert!(target.starts_with("https://") || exists(target), "{target} in {name}");
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
        assert!(exists(file) || exists(&format!("src/{file}")), "{file} is not there");
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
