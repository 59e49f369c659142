//! The functions of a wasm.

use anyhow::Result;
use wasmparser::{Parser, Payload, TypeRef};

/// The bodies of those that it defines, by their index: those that it imports come before.
pub(crate) fn functions(wasm: &[u8]) -> Result<Vec<(u32, &[u8])>> {
    let (mut bodies, mut imported) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(&wasm[body.range()]),
            _ => {}
        }
    }
    Ok((imported..).zip(bodies).collect())
}
