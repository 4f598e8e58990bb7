// Reads tokens, one a line, and prints what the module named by the argument makes of each: its sub, or why it refuses it.
use std::io::BufRead;

include!("modules.rs"); // written by the test: one module a variant, and subject(name, pawl) -> a verifying function

fn main() {
    let name = std::env::args().nth(1).expect("a name");
    let verify = verifier(&name, &std::env::var("PAWL").expect("PAWL"));
    for line in std::io::stdin().lock().lines() {
        let answer = match verify(line.expect("a line").trim()) {
            Ok(sub) => serde_json::json!({ "sub": sub }),
            Err(error) => serde_json::json!({ "refused": error.to_string() }),
        };
        println!("{answer}");
    }
}
