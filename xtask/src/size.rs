//! Where the bytes of the wasm are: functions by crate and module, how large they are, and by how much the compressed code
//! would be smaller without them. What is alike compresses well, so the second figure is the one to go by; the groups' sum is
//! not the whole, since each is weighed against all the others.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use wasmparser::{KnownCustom, Name, Parser, Payload};

use crate::functions::functions;
use crate::wasm::{compressed, named};

/// So many rows are shown.
const ROWS: usize = 60;

struct Function<'a> {
    name: &'a str,
    body: &'a [u8],
}

/// Prints the groups, or with `module` the functions whose names hold that text.
pub(crate) fn print(root: &Path, module: Option<&str>) -> Result<()> {
    let file = named(root)?;
    let wasm = fs::read(&file)
        .with_context(|| format!("there is no {}: run `make build` first", file.display()))?;
    let (functions, data) = read(&wasm)?;
    let whole = compressed(&functions.iter().map(|it| it.body).collect::<Vec<_>>())?;
    match module {
        None => {
            groups(&functions, whole)?;
            println!("{:>9} {:>9}        data", compressed(&[data])?, data.len());
        }
        Some(text) => largest(&functions, whole, text)?,
    }
    Ok(())
}

fn groups(functions: &[Function], whole: usize) -> Result<()> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, function) in functions.iter().enumerate() {
        groups.entry(group(function.name)).or_default().push(at);
    }
    let mut rows = Vec::new();
    for (name, members) in &groups {
        let raw: usize = members.iter().map(|at| functions[*at].body.len()).sum();
        rows.push((saving(functions, whole, members)?, raw, members.len(), name));
    }
    rows.sort_by(|a, b| b.cmp(a));
    println!("{:>9} {:>9} {:>6}", "gzip less", "raw", "count");
    for (saved, raw, count, name) in rows.iter().take(ROWS) {
        println!("{saved:>9} {raw:>9} {count:>6} {name}");
    }
    let raw: usize = functions.iter().map(|it| it.body.len()).sum();
    println!("{whole:>9} {raw:>9} {:>6} all code", functions.len());
    Ok(())
}

fn largest(functions: &[Function], whole: usize, text: &str) -> Result<()> {
    let mut members: Vec<usize> = (0..functions.len())
        .filter(|at| functions[*at].name.contains(text))
        .collect();
    ensure!(!members.is_empty(), "no function's name holds `{text}`");
    let saved = saving(functions, whole, &members)?;
    members.sort_by_key(|at| std::cmp::Reverse(functions[*at].body.len()));
    for at in members.iter().take(ROWS) {
        println!("{:>9} {}", functions[*at].body.len(), functions[*at].name);
    }
    println!("{saved:>9} less with gzip without these {}", members.len());
    Ok(())
}

/// By how much the compressed code is smaller without these.
fn saving(functions: &[Function], whole: usize, members: &[usize]) -> Result<usize> {
    let rest = functions.iter().enumerate();
    let rest = rest.filter(|(at, _)| members.binary_search(at).is_err());
    let rest = compressed(&rest.map(|(_, it)| it.body).collect::<Vec<_>>())?;
    Ok(whole.saturating_sub(rest))
}

/// The functions with their names, and the data.
fn read(wasm: &[u8]) -> Result<(Vec<Function<'_>>, &[u8])> {
    let (mut names, mut data) = (BTreeMap::new(), &wasm[..0]);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::DataSection(section) => data = &wasm[section.range()],
            Payload::CustomSection(section) => {
                let KnownCustom::Name(section) = section.as_known() else {
                    continue;
                };
                for part in section {
                    let Name::Function(map) = part? else {
                        continue;
                    };
                    for naming in map {
                        let naming = naming?;
                        names.insert(naming.index, naming.name);
                    }
                }
            }
            _ => {}
        }
    }
    let functions = functions(wasm)?.into_iter().map(|(index, body)| Function {
        name: names.get(&index).copied().unwrap_or("?"),
        body,
    });
    Ok((functions.collect(), data))
}

/// The crate, two modules deep for the core's own; `<Type as Trait>::function` belongs to its type, unless serde made it.
fn group(name: &str) -> String {
    let (owner, of) = name
        .strip_prefix('<')
        .and_then(|rest| rest.split_once(" as "))
        .unwrap_or((name, ""));
    let owner = owner.trim_start_matches(['<', '&', '*', '[', '(']);
    let owner = owner.trim_start_matches("mut ").trim_start_matches("dyn ");
    let path = owner.split("::").map(|part| {
        let end = part.find(['<', '>', '[', ' ', ',']).unwrap_or(part.len());
        part.get(..end).unwrap_or(part)
    });
    let made_by_serde = of.starts_with("serde") || name.contains("::_::<impl serde");
    let path: Vec<&str> = path.take_while(|part| !part.is_empty()).collect();
    let depth = match path.first() {
        _ if made_by_serde => return "serde, derived".to_owned(),
        Some(&("vodlift" | "alloc")) => 3,
        Some(&("core" | "std")) => 2,
        _ => 1,
    };
    path.into_iter().take(depth).collect::<Vec<_>>().join("::")
}
