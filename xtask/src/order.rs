//! In which order functions make the smallest file after gzip: what is alike stands close together, since deflate looks back
//! 32 KiB only. Many functions are one function of the source for several types, and the linker strews them about.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use crate::functions::functions;

/// So many bytes in a row are looked for elsewhere.
const PIECE: usize = 6;
/// How far back: less than deflate, as what comes next is to fit in, too.
const WINDOW: usize = 28_000;
/// What so many functions hold says nothing of any of them.
const COMMON: usize = 400;

/// The wasm with names that are in the wanted order, for a tool that sorts by name. It must have no names.
pub(crate) fn named_in_order(wasm: &[u8]) -> Result<Vec<u8>> {
    let (indexes, bodies): (Vec<_>, Vec<_>) = functions(wasm)?.into_iter().unzip();
    let mut ranks = vec![0; bodies.len()];
    for (rank, at) in alike_together(&bodies).into_iter().enumerate() {
        ranks[at] = rank;
    }
    let mut names = number(ranks.len());
    for (index, rank) in indexes.into_iter().zip(ranks) {
        names.extend(number(index as usize));
        names.extend(text(&format!("{rank:06}")));
    }
    let mut section = text("name");
    section.push(1);
    section.extend(number(names.len()));
    section.extend(names);
    let mut out = wasm.to_vec();
    out.push(0);
    out.extend(number(section.len()));
    out.extend(section);
    Ok(out)
}

/// The largest first, and after each the one of which what stands before it holds the largest share.
fn alike_together(bodies: &[&[u8]]) -> Vec<usize> {
    let pieces: Vec<HashSet<u64>> = bodies.iter().map(|body| pieces_of(body)).collect();
    let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, own) in pieces.iter().enumerate() {
        for piece in own {
            holders.entry(*piece).or_default().push(at);
        }
    }
    holders.retain(|_, all| (2..COMMON).contains(&all.len()));

    let mut left: Vec<usize> = (0..bodies.len()).collect();
    let mut order: Vec<usize> = Vec::new();
    // How many pieces of each function the window holds.
    let mut scores = vec![0_usize; bodies.len()];
    let (mut begins, mut size) = (0, 0);
    let mut in_window: HashMap<u64, usize> = HashMap::new();
    while !left.is_empty() {
        let share = |at: usize| match order.len() {
            0 => bodies[at].len() as f64,
            _ => scores[at] as f64 / (pieces[at].len() as f64 + 20.0).powf(0.7),
        };
        let best = (1..left.len()).fold(0, |best, place| {
            match share(left[place]) > share(left[best]) {
                true => place,
                false => best,
            }
        });
        let next = left.remove(best);
        order.push(next);
        size += bodies[next].len();
        for piece in &pieces[next] {
            let count = in_window.entry(*piece).or_default();
            *count += 1;
            if *count == 1 {
                let holders = holders.get(piece).into_iter().flatten();
                holders.for_each(|holder| scores[*holder] += 1);
            }
        }
        while size > WINDOW && begins + 1 < order.len() {
            let gone = order[begins];
            begins += 1;
            size -= bodies[gone].len();
            for piece in &pieces[gone] {
                let count = in_window.entry(*piece).or_default();
                *count -= 1;
                if *count == 0 {
                    let holders = holders.get(piece).into_iter().flatten();
                    holders.for_each(|holder| scores[*holder] -= 1);
                }
            }
        }
    }
    order
}

fn pieces_of(body: &[u8]) -> HashSet<u64> {
    let as_number = |piece: &[u8]| {
        piece
            .iter()
            .fold(0, |all, byte| all << 8 | u64::from(*byte))
    };
    body.windows(PIECE).map(as_number).collect()
}

/// As wasm writes numbers: seven bits a byte, the least first.
fn number(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn text(text: &str) -> Vec<u8> {
    let mut out = number(text.len());
    out.extend(text.bytes());
    out
}
