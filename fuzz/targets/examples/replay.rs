//! Runs one input: `cargo run -p fuzz-targets --example replay -- TARGET FILE`.
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, file] = arguments.as_slice() else {
        panic!("usage: replay TARGET FILE");
    };
    let data = std::fs::read(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    fuzz_targets::run(target, &data);
}
