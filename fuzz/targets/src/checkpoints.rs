//! Checkpoints of strangers.

use vodlift::time::UnixMs;
use vodlift::upload::{Checkpoint, Upload};

use crate::dice::{Dice, NOW, keeps_secrets};
use crate::events::{World, account, job};
use crate::honest::Honest;

/// A checkpoint as text. One that is read is resumed, and given up, in an honest world.
pub(crate) fn checkpoint(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let checkpoint = match Checkpoint::read(&text) {
        Ok(checkpoint) => checkpoint,
        Err(error) => return keeps_secrets(&"Checkpoint::read", &format!("{error:?}")),
    };
    let stored = serde_json::to_string(&checkpoint).expect("JSON");
    let again = Checkpoint::read(&stored);
    assert!(again.as_ref() == Ok(&checkpoint), "{again:?} of {stored}");
    let size = checkpoint.source.size.unwrap_or(300_000);
    if size > 1 << 20 {
        return;
    }
    // Of a URL, of a file, and of a playlist.
    for source in [0, 2, 5] {
        let job = job(&mut Dice::new(&[0, source]), size);
        let now = UnixMs(NOW);
        let resumed = Upload::resume(checkpoint.clone(), job.clone(), account(), [7; 32], now);
        let discarded = Upload::discard(checkpoint.clone(), job, account(), [7; 32], now);
        for upload in [resumed, discarded].into_iter().flatten() {
            World::new(upload, Honest::new(size), Dice::new(&[]))
                .disturbed()
                .run();
        }
    }
}
