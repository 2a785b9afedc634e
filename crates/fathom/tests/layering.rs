//! The order of the modules in `ARCHITECTURE.md`, and what the library must not touch, read from the sources.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::path::{Path, PathBuf};

/// A module may use the ones before it.
const ORDER: &[&str] = &[
    "scaled",
    "parallel",
    "linalg",
    "statistics",
    "activation",
    "quadrature",
    "spec",
    "random",
    "network",
    "infinite",
    "moments",
    "predict",
    "sample",
    "train",
    "analysis",
    "studies",
    "selftest",
    "report",
];
/// Networks that are drawn and formulas about them are two witnesses: neither of these may use any of those.
const WITNESSES: (&[&str], &[&str]) = (&["network", "sample", "train"], &["infinite", "moments", "predict"]);
/// Nodes and weights need no activation, so closed forms of activations may use them.
const RULES: &[&str] = &["Rule", "gauss_legendre", "panel_rule"];
/// Items that `lib.rs` re-exports, and the module they belong to.
const REEXPORTED: &[(&str, &str)] = &[("Scaled", "scaled"), ("Architecture", "spec")];
/// Parts of the standard library that reach outside.
const OUTSIDE: &[&str] = &["env", "fs", "net", "process", "time"];
const PRINTING: &[&str] = &["println!", "eprintln!", "print!", "eprint!", "dbg!", "stdout(", "stderr("];

/// A file of the library without comments and without its tests.
struct Source {
    path: PathBuf,
    module: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let place = path.strip_prefix(&root).unwrap().with_extension("");
                let module = place.iter().next().unwrap().to_str().unwrap().to_owned();
                let code = without_tests_and_comments(&std::fs::read_to_string(&path).unwrap());
                found.push(Source { path: place, module, code });
            }
        }
    }
    assert!(found.len() > 50, "only {} files in {}", found.len(), root.display());
    found
}

/// Tests are the last item of a file.
fn without_tests_and_comments(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
    code.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

fn is_part_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn first_name(text: &str) -> &str {
    let text = text.trim_start();
    &text[..text.find(|c| !is_part_of_name(c)).unwrap_or(text.len())]
}

/// The text after each `root::`, once for each member of a group in braces.
fn paths<'a>(code: &'a str, root: &str) -> Vec<&'a str> {
    let start = format!("{root}::");
    let mut found = Vec::new();
    for (place, _) in code.match_indices(&start) {
        if code[..place].ends_with(|c| is_part_of_name(c) || c == '$') {
            continue;
        }
        found.extend(members(&code[place + start.len()..]));
    }
    found
}

/// `a::b` as it is; `{a::b, c}` taken apart.
fn members(text: &str) -> Vec<&str> {
    let Some(group) = text.trim_start().strip_prefix('{') else { return vec![text] };
    let (mut depth, mut start, mut found) = (0_i32, 0, Vec::new());
    for (place, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                found.push(&group[start..place]);
                return found;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&group[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    found
}

fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|name| *name == module)
}

/// Why code of module `user` may not contain `crate::` followed by `path`.
fn wrong_arrow(user: &str, path: &str) -> Option<String> {
    let name = first_name(path);
    let used = REEXPORTED.iter().find(|(item, _)| *item == name).map_or(name, |(_, module)| module);
    let (Some(from), Some(to)) = (rank(user), rank(used)) else {
        return Some(format!("{user} or {used} has no place in the order"));
    };
    let items = path.trim_start()[name.len()..].strip_prefix("::").map(members).unwrap_or_default();
    let only_rules = !items.is_empty() && items.iter().all(|item| RULES.contains(&first_name(item)));
    let allowed = to <= from || (user == "activation" && used == "quadrature" && only_rules);
    let (drawn, formulas) = WITNESSES;
    let meets =
        (drawn.contains(&user) && formulas.contains(&used)) || (formulas.contains(&user) && drawn.contains(&used));
    (!allowed || meets).then(|| format!("{user} must not use {used}"))
}

#[test]
fn modules_use_only_modules_before_them() {
    for source in sources().iter().filter(|source| source.module != "lib") {
        for path in paths(&source.code, "crate") {
            if let Some(reason) = wrong_arrow(&source.module, path) {
                panic!("{}: {reason}", source.path.display());
            }
        }
    }
}

/// `super::` must not climb to the root, where it would hide an arrow from the test above.
#[test]
fn other_modules_are_named_from_the_root() {
    for source in sources() {
        let is_folder = source.path.ends_with("mod");
        let depth = source.path.iter().count() - usize::from(is_folder);
        let climb = "super::".repeat(depth);
        assert!(!source.code.contains(&climb), "{}: write crate:: for {climb}", source.path.display());
    }
}

#[test]
fn the_library_neither_prints_nor_touches_files_clock_or_environment() {
    for source in sources() {
        for path in paths(&source.code, "std") {
            let name = first_name(path);
            assert!(!OUTSIDE.contains(&name), "{} uses std::{name}", source.path.display());
        }
        for word in PRINTING {
            assert!(!source.code.contains(word), "{} contains {word}", source.path.display());
        }
    }
}

#[test]
fn linear_algebra_has_one_door() {
    for source in sources().iter().filter(|source| source.module != "linalg") {
        assert!(paths(&source.code, "faer").is_empty(), "{} uses faer", source.path.display());
    }
}

#[test]
fn wrong_arrows_are_seen() {
    let refused = |user: &str, code: &str| {
        let code = without_tests_and_comments(code);
        paths(&code, "crate").iter().any(|path| wrong_arrow(user, path).is_some())
    };
    assert!(refused("infinite", "use crate::moments::first_order;"));
    assert!(refused("infinite", "let x = crate::analysis::phase();"));
    assert!(refused("activation", "use crate::{Scaled, spec::Widths};"));
    assert!(refused("activation", "use crate::Architecture;"));
    assert!(refused("activation", "use crate::quadrature::{Line, gauss_legendre};"));
    assert!(refused("spec", "use crate::utils;"));
    assert!(refused("sample", "use crate::infinite::ntk;"));
    assert!(!refused("activation", "use crate::quadrature::{Rule, gauss_legendre};"));
    assert!(!refused("moments", "use crate::infinite::{PairInput, pair_kernel};\nuse crate::Scaled;"));
    assert!(!refused("infinite", "// crate::moments\n#[cfg(test)]\nmod tests { use crate::moments; }"));
    assert_eq!(
        paths("use std::{fmt, fs::File};", "std").into_iter().map(first_name).collect::<Vec<_>>(),
        ["fmt", "fs"]
    );
}
