//! The JavaScript client as a process that answers requests.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

pub struct Official {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer<T> {
    Ok(T),
    Error(String),
}

impl Official {
    /// Starts it. Without the packages the comparison cannot be made, and that is a failure.
    pub fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js");
        assert!(
            folder.join("node_modules/@stacks/transactions/package.json").exists(),
            "the official JavaScript client is missing: run `npm ci` in {} (`cargo xtask test` does)",
            folder.display()
        );
        let mut process = Command::new("node")
            .arg("differential.mjs")
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node, version 20 or later, must be on the PATH");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, input, output }
    }

    pub fn ask<T: DeserializeOwned>(&mut self, request: &Json) -> T {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{request}").unwrap();
        input.flush().unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        match serde_json::from_str(&line) {
            Ok(Answer::Ok(answer)) => answer,
            Ok(Answer::Error(error)) => panic!("the JavaScript client failed: {error}"),
            Err(error) => panic!("the JavaScript client answered nonsense ({error}): {line}"),
        }
    }
}

impl Drop for Official {
    fn drop(&mut self) {
        // It ends when its input does.
        drop(self.input.take());
        self.process.wait().ok();
    }
}
