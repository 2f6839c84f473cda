//! A window of the same engine as the application's, made in the same way, with a heading and nothing else. It is never shipped:
//! start and memory of the application are measured beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    match tauri::Builder::default().run(tauri::generate_context!()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[allow(clippy::print_stderr, reason = "a test program, read in a terminal")]
            {
                eprintln!("the empty window could not be opened: {error}");
            }
            ExitCode::FAILURE
        }
    }
}
